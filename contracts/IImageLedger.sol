// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A ledger of medical images whose every byte lies in contract code.
///
/// A *chunk* is one code object: 0x00 and at most 24,575 bytes, deployed by CREATE2 from this contract with salt 0, so
/// that its address follows from its content (EIP-1014, EIP-170). A *piece* is at most 30,720 bytes and lies in
/// ceil(byteCount / 24,575) chunks, the first ones full; an empty piece is one empty chunk. A *page* is a chunk that
/// lists up to 1,228 chunk addresses, 20 bytes each. A *body* is the pieces of one sequence of bytes, all of
/// `pieceBytes` but the last. The *root* of a header or a preview is keccak256 of its packed chunk addresses, the root
/// of an instance keccak256 of its packed page addresses; every page but the last lists 1,228 chunks.
/// The contract never knows what a body means, and cannot check its SHA-256: readers do.
interface IImageLedger {
    enum ImageState {
        None,
        Announced,
        Sealed,
        Retired
    }

    /// @notice A body as it is announced.
    /// @param scheme 0 = plain bytes; others are for readers to know.
    /// @param byteCount Bytes of the whole.
    /// @param sha256Digest SHA-256 of the whole.
    /// @param root See above.
    struct BodyClaim {
        uint8 scheme;
        uint64 byteCount;
        bytes32 sha256Digest;
        bytes32 root;
    }

    /// @notice A body as it is kept.
    /// @param index Where its list is: of a header or preview of one chunk that chunk, of more a chunk that lists them;
    /// of an instance of one page that page, of more a chunk that lists the pages. Zero: no bytes, or not sealed yet.
    struct Body {
        uint8 scheme;
        uint64 byteCount;
        address index;
        bytes32 sha256Digest;
        bytes32 root;
    }

    /// @param pieceBytes Size of each piece of each body but its last, 1 to MAX_PIECE_BYTES.
    /// @param announcedBlock Number of the block of the announcement.
    /// @param announcedAt, sealedAt, retiredAt Block times in seconds, 0 when that has not happened.
    struct Image {
        bytes32 patientKey;
        uint32 siteId;
        ImageState state;
        uint32 pieceBytes;
        uint40 announcedAt;
        uint40 sealedAt;
        uint40 retiredAt;
        uint40 announcedBlock;
        Body header;
        Body preview;
        Body instance;
    }

    /// @param imageCount How many images the patient has: announced, sealed and retired ones.
    /// @param firstAnnouncedAt Block time of the first announcement that named the patient, 0 when there was none.
    struct Patient {
        uint64 imageCount;
        uint40 firstAnnouncedAt;
    }

    /// @notice All that `announce` is told of an image. Its header and preview are stored before.
    struct Announcement {
        bytes32 imageKey;
        bytes32 patientKey;
        uint32 pieceBytes;
        BodyClaim header;
        BodyClaim preview;
        BodyClaim instance;
        address[] headerChunks;
        address[] previewChunks;
    }

    /// @notice An image can be searched and previewed. `announcement` is all that a catalogue needs.
    event Announced(
        bytes32 indexed imageKey,
        bytes32 indexed patientKey,
        uint32 indexed siteId,
        Announcement announcement
    );
    /// @notice Every byte of the instance is on the chain; `pages` lists its pages in order.
    event Sealed(bytes32 indexed imageKey, uint32 indexed siteId, address[] pages);
    /// @notice The announcement is void: by its site, or because `by` of another site takes the image over.
    event Withdrawn(bytes32 indexed imageKey, uint32 indexed siteId, address indexed by);
    /// @notice The image is withdrawn from use for ever. `reason` carries no patient data.
    event Retired(bytes32 indexed imageKey, uint32 indexed siteId, address indexed by, string reason);

    event SiteAdmitted(uint32 indexed siteId, string name);
    event SiteDismissed(uint32 indexed siteId);
    event SiteAccountAdded(uint32 indexed siteId, address indexed account);
    event SiteAccountRemoved(uint32 indexed siteId, address indexed account);

    /// @notice The sender is not an account of an admitted site.
    error NotASite(address account);
    /// @notice The image belongs to another site.
    error NotTheImagesSite(bytes32 imageKey, uint32 imageSiteId, uint32 senderSiteId);
    error PieceTooLong(uint256 index, uint256 byteCount, uint256 maxBytes);
    error PieceBytesOutOfRange(uint256 pieceBytes, uint256 maxBytes);
    /// @notice A chunk could not be deployed (out of gas, or code beyond the chain's limit).
    error ChunkNotDeployed(uint256 byteCount);
    /// @notice There is no code at a listed address.
    error ChunkMissing(address chunk);
    /// @notice Not 0x00 and a list of 1 to 1,228 addresses.
    error NotAPage(address page, uint256 codeSize);
    /// @notice The page has not gone through `checkPage`.
    error PageNotChecked(address page);
    /// @notice A page before the last does not list 1,228 chunks.
    error PageNotFull(address page, uint256 chunks);
    /// @notice The order or choice of chunks or pages is not the announced one.
    error RootMismatch(bytes32 imageKey, bytes32 announced, bytes32 given);
    /// @notice The listed chunks hold another number of bytes than announced.
    error ByteCountMismatch(bytes32 imageKey, uint256 announced, uint256 given);
    /// @notice The body has another number of chunks than its bytes and piece size ask for.
    error ChunkCountMismatch(bytes32 imageKey, uint256 expected, uint256 given);
    /// @notice The call does not fit the state the image is in.
    error WrongState(bytes32 imageKey, ImageState state);
    /// @notice Another site's announcement can be taken over from that block on.
    error TakeoverTooEarly(bytes32 imageKey, uint256 fromBlock);
    error UnknownSite(uint32 siteId);
    error AccountInUse(address account, uint32 siteId);
    /// @notice The account to remove is not one of the site's.
    error NotTheSitesAccount(address account, uint32 siteId);
    error NameEmpty();
    error ReasonTooLong(uint256 byteCount, uint256 maxBytes);
    error LastGovernor(address account);
    /// @notice A key of zero.
    error ZeroKey();

    // --- Two primary functions ---

    /// @notice Stores pieces as chunks; what is there already is skipped, so that sending twice is harmless.
    /// @dev Only a site. At most MAX_PIECE_BYTES each; an empty piece is one empty chunk.
    function storePieces(bytes[] calldata pieces) external;

    /// @notice The instance's bytes from piece `offset`, `limit` pieces at most, merged in order.
    /// @dev Reverts with WrongState unless sealed or retired. Past the end: empty.
    function loadPieces(bytes32 imageKey, uint256 offset, uint256 limit) external view returns (bytes memory);

    // --- Six getters; what is unknown gives zeros, never a revert ---

    function getPatient(bytes32 patientKey) external view returns (Patient memory);

    /// @notice Keys of the patient's images from `offset`, `limit` at most. The order is that of announcement as long as
    /// none is withdrawn; a withdrawn image's place is taken by the last one.
    function getPatientImages(
        bytes32 patientKey,
        uint256 offset,
        uint256 limit
    ) external view returns (bytes32[] memory imageKeys);

    function getImage(bytes32 imageKey) external view returns (Image memory);

    function getImageState(bytes32 imageKey) external view returns (ImageState);

    /// @notice Pieces of the instance, as announced.
    function getPieceCount(bytes32 imageKey) external view returns (uint256);

    /// @notice Chunk addresses of the instance's pieces from `offset`, `limit` pieces at most, in order; a piece longer
    /// than 24,575 bytes has two. Empty before the image is sealed.
    function getPieceAddresses(
        bytes32 imageKey,
        uint256 offset,
        uint256 limit
    ) external view returns (address[] memory chunks);

    // --- The life of an image ---

    /// @notice Announces an image; header and preview chunks must be there. An announcement of another site that has
    /// not been sealed for TAKEOVER_BLOCKS is taken over (`Withdrawn`, then `Announced`).
    function announce(Announcement calldata announcement) external;

    /// @notice Sees that every chunk that the page lists is there, and remembers it. Any site, any time, any order.
    function checkPage(address page) external;

    /// @notice Completes the sender's announcement: the pages are checked, in the announced order, and hold the
    /// announced number of bytes.
    function seal(bytes32 imageKey, address[] calldata pages) external;

    /// @notice Voids the sender's own announcement; the image can then be announced anew.
    function withdraw(bytes32 imageKey) external;

    /// @notice Takes a sealed image out of use for ever; its bytes stay. By its site or a governor.
    /// @param reason At most 256 bytes, without patient data.
    function retire(bytes32 imageKey, string calldata reason) external;

    // --- Sites and governors (AccessControl's DEFAULT_ADMIN_ROLE; the last governor cannot leave) ---

    /// @notice Admits a site under the next number, from 1. Governor only.
    function admitSite(string calldata name, address[] calldata accounts) external returns (uint32 siteId);

    /// @notice Ends a site's right to write; its images stay. Governor only.
    function dismissSite(uint32 siteId) external;

    /// @notice Adds an account to a site: by a governor, or by an account of the site itself (key rotation).
    function addSiteAccount(uint32 siteId, address account) external;

    /// @notice Removes an account from its site: by a governor, or by an account of the site itself.
    function removeSiteAccount(uint32 siteId, address account) external;

    /// @notice The admitted site that the account writes for, 0 for none.
    function siteOf(address account) external view returns (uint32 siteId);

    /// @notice How many sites were ever admitted.
    function siteCount() external view returns (uint32);

    function getSite(uint32 siteId) external view returns (string memory name, bool admitted, uint32 accountCount);

    /// @notice Chunks that the page lists if it went through `checkPage`, else 0.
    function checkedChunks(address page) external view returns (uint256);

    function governorCount() external view returns (uint256);
}
