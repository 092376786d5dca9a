// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICards} from './ICards.sol';
import {Sites} from './Sites.sol';
import {Texts} from './Texts.sol';

abstract contract Cards is Sites, ICards {
    uint256 public constant MAX_CARD_KEY_BYTES = 2_048;
    uint256 public constant MAX_SERVERS = 16;

    mapping(uint32 siteId => bytes32) private _cardHashes;

    function publishCard(Card calldata card) external {
        uint32 siteId = _requireChampion();
        bool hasUrl = bytes(card.url).length > 0;
        if (hasUrl) Texts.requireUrl(card.url);
        if (hasUrl != (card.certificatePin != 0)) revert UrlAndPinBelongTogether(card.url, card.certificatePin);
        uint256 keyBytes = card.cardKey.length;
        if (keyBytes == 0 || keyBytes > MAX_CARD_KEY_BYTES) {
            revert CardKeyLengthOutOfRange(keyBytes, MAX_CARD_KEY_BYTES);
        }
        uint256 count = card.servers.length;
        if (count == 0 || count > MAX_SERVERS) revert ServerCountOutOfRange(count, MAX_SERVERS);
        for (uint256 i = 0; i < count; i++) {
            if (siteOf(card.servers[i]) != siteId) revert NotTheSitesServer(card.servers[i], siteId);
        }
        _cardHashes[siteId] = keccak256(abi.encode(card));
        emit CardPublished(siteId, msg.sender, card);
    }

    function cardHashOf(uint32 siteId) external view returns (bytes32) {
        return _cardHashes[siteId];
    }
}
