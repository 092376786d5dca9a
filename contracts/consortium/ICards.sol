// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Cards: where a site's letters are delivered, and what it can read.
interface ICards {
    /// @param url Where letters are pushed to, `https://…` of at most 200 printable ASCII characters. Empty: by file only.
    /// @param certificatePin SHA-256 of the certificate's public key (RFC 7469 §2.4) that the URL has to show. Zero without a URL.
    /// @param cardKey The public key for which letters are encrypted, 1 to 2,048 bytes (X-Wing: 1,216). It lives for one letter or
    /// 30 days; a new one is a new card.
    /// @param readerVersion The newest version of bodies and letters that all servers of the site can read.
    /// @param servers Writers of the site, one for each server that holds rings, 1 to 16: who has to confirm erasures.
    struct Card {
        string url;
        bytes32 certificatePin;
        bytes cardKey;
        uint16 readerVersion;
        address[] servers;
    }

    /// @notice The site's name is the one that the governors have admitted: a card has none.
    event CardPublished(uint32 indexed siteId, address indexed by, Card card);

    error CardKeyLengthOutOfRange(uint256 byteCount, uint256 maxBytes);
    /// @notice A URL without a pin, or a pin without a URL.
    error UrlAndPinBelongTogether(string url, bytes32 certificatePin);
    error ServerCountOutOfRange(uint256 count, uint256 maxCount);
    /// @notice The server is no writer of the site.
    error NotTheSitesServer(address server, uint32 siteId);

    /// @notice Publishes the card of the sender's site in place of the one before. Champion only.
    function publishCard(Card calldata card) external;

    /// @return keccak256 of `abi.encode(card)`, zero when none was published. The card itself is in the event.
    function cardHashOf(uint32 siteId) external view returns (bytes32);
}
