// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Images whose every byte lies in contract code, each of the site that announced it.
///
/// Chunk, piece, page, body and root are those of release 1 (IImageLedger.sol). What is new: an image is known by its
/// `imageId` = keccak256(abi.encode(uint32 siteId, bytes32 imageKey)), so that no site can take or block another's; keys
/// are numbers that mean nothing outside of their site; each chunk that an announcement or a page lists is proven to be
/// this contract's, so that it can neither change nor vanish; and retiring can be undone. Who may write is asked of the
/// consortium. The contract never knows what a body means, and cannot check its SHA-256: readers do.
///
/// Storage, for proofs by `eth_getProof`: the images are the mapping at slot IMAGES_SLOT. Of an image at slot s =
/// keccak256(abi.encode(imageId, IMAGES_SLOT)), s has its state, s + 1 its keys; header, preview and instance begin at s + 2,
/// s + 5 and s + 8 with scheme, byte count and index, then the SHA-256, then the root.
interface IImages {
    enum ImageState {
        None,
        Announced,
        Sealed,
        Retired
    }

    /// @notice A body as it is announced.
    /// @param scheme How the given bytes became these; for readers to know.
    /// @param byteCount Bytes of the whole, as they lie here.
    /// @param sha256Digest SHA-256 of the same.
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
    /// @param announcedAt, sealedAt, retiredAt Block times in seconds, 0 when that has not happened, or was undone.
    /// @param code Why it is retired (CID 7011), 0 unless it is.
    /// @param ruling Number of the newest ruling of the governors that was carried out.
    /// @param ruled Whether it is by that ruling that the image is retired: then only another one restores it.
    struct Image {
        uint32 siteId;
        ImageState state;
        uint16 pieceBytes;
        uint40 announcedAt;
        uint40 sealedAt;
        uint40 retiredAt;
        uint32 announcedBlock;
        uint24 code;
        uint16 ruling;
        bool ruled;
        bytes16 ringId;
        uint64 studyKey;
        uint64 patientKey;
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
    /// @param imageKey Names the image within its site; not zero.
    /// @param ringId A ring that the site has opened, not necessarily its newest: outboxes hold signed transactions.
    /// @param studyKey, patientKey Numbers that the site has given, not zero.
    struct Announcement {
        bytes32 imageKey;
        bytes16 ringId;
        uint64 studyKey;
        uint64 patientKey;
        uint32 pieceBytes;
        BodyClaim header;
        BodyClaim preview;
        BodyClaim instance;
        address[] headerChunks;
        address[] previewChunks;
    }

    /// @notice An image can be searched and previewed. `announcement` is all that a catalogue needs.
    event Announced(bytes32 indexed imageId, uint32 indexed siteId, uint64 indexed studyKey, Announcement announcement);
    /// @notice Every byte of the instance is on the chain; `pages` lists its pages in order.
    event Sealed(bytes32 indexed imageId, uint32 indexed siteId, address[] pages);
    /// @notice The announcement is void.
    event Withdrawn(bytes32 indexed imageId, uint32 indexed siteId, address indexed by);
    /// @notice The image is out of use from here on.
    /// @param ruling 0 by its site, else the number of the governors' ruling.
    event Retired(bytes32 indexed imageId, uint32 indexed siteId, address indexed by, uint24 code, uint16 ruling);
    /// @notice The image is in use again.
    /// @param ruling As of Retired.
    event Restored(bytes32 indexed imageId, uint32 indexed siteId, address indexed by, uint16 ruling);

    error NotAContract(address consortium);
    /// @notice The sender is no writer of an admitted site.
    error NotAWriter(address account);
    /// @notice The image belongs to another site.
    error NotTheImagesSite(bytes32 imageId, uint32 imageSiteId, uint32 senderSiteId);
    /// @notice The sender's site has opened no such ring.
    error UnknownRing(uint32 siteId, bytes16 ringId);
    error PieceTooLong(uint256 index, uint256 byteCount, uint256 maxBytes);
    error PieceBytesOutOfRange(uint256 pieceBytes, uint256 maxBytes);
    /// @notice A chunk could not be deployed (out of gas, or code beyond the chain's limit).
    error ChunkNotDeployed(uint256 byteCount);
    /// @notice There is no code at a listed address.
    error ChunkMissing(address chunk);
    /// @notice There is code, and it is not at the address that this contract gives to it.
    error NotAChunk(address chunk, uint256 codeSize);
    /// @notice A chunk, but no list of 1 to 1,228 addresses.
    error NotAPage(address page, uint256 codeSize);
    /// @notice Not all chunks of the page have gone through `checkPage`.
    error PageNotChecked(address page, uint256 checked, uint256 chunks);
    /// @notice A page before the last does not list 1,228 chunks.
    error PageNotFull(address page, uint256 chunks);
    /// @notice The order or choice of chunks or pages is not the announced one.
    error RootMismatch(bytes32 imageId, bytes32 announced, bytes32 given);
    /// @notice The listed chunks hold another number of bytes than announced.
    error ByteCountMismatch(bytes32 imageId, uint256 announced, uint256 given);
    /// @notice The body has another number of chunks than its bytes and piece size ask for.
    error ChunkCountMismatch(bytes32 imageId, uint256 expected, uint256 given);
    /// @notice The call does not fit the state the image is in.
    error WrongState(bytes32 imageId, ImageState state);
    /// @notice Not 113001, 113037, 113038 or 113039 (PS3.16 CID 7011).
    error UnknownCode(uint32 code);
    /// @notice The governors have retired the image: only their ruling restores it.
    error RetiredByRuling(bytes32 imageId, uint16 ruling);
    /// @notice There is no ruling on the image that was not carried out.
    error NoRuling(bytes32 imageId, uint16 newest);
    /// @notice A key of zero.
    error ZeroKey();

    // --- Two primary functions ---

    /// @notice Stores pieces as chunks; what is there already is skipped, so that sending twice is harmless.
    /// @dev Writers only. At most MAX_PIECE_BYTES each; an empty piece is one empty chunk.
    function storePieces(bytes[] calldata pieces) external;

    /// @notice The instance's bytes from piece `offset`, `limit` pieces at most, merged in order.
    /// @dev Reverts with WrongState unless sealed or retired. Past the end: empty.
    function loadPieces(bytes32 imageId, uint256 offset, uint256 limit) external view returns (bytes memory);

    // --- Six getters; what is unknown gives zeros, never a revert ---

    function getPatient(uint32 siteId, uint64 patientKey) external view returns (Patient memory);

    /// @notice Ids of the patient's images from `offset`, `limit` at most. The order is that of announcement as long as
    /// none is withdrawn; a withdrawn image's place is taken by the last one.
    function getPatientImages(
        uint32 siteId,
        uint64 patientKey,
        uint256 offset,
        uint256 limit
    ) external view returns (bytes32[] memory imageIds);

    function getImage(bytes32 imageId) external view returns (Image memory);

    function getImageState(bytes32 imageId) external view returns (ImageState);

    /// @notice Pieces of the instance, as announced.
    function getPieceCount(bytes32 imageId) external view returns (uint256);

    /// @notice Chunk addresses of the instance's pieces from `offset`, `limit` pieces at most, in order; a piece longer
    /// than 24,575 bytes has two. Empty before the image is sealed.
    function getPieceAddresses(
        bytes32 imageId,
        uint256 offset,
        uint256 limit
    ) external view returns (address[] memory chunks);

    // --- The life of an image ---

    /// @notice Announces an image of the sender's site; header and preview chunks must be there, and are proven.
    function announce(Announcement calldata announcement) external;

    /// @notice Proves the next `count` chunks that the page lists, and remembers how far it came. By any writer, at any time, in any
    /// order of pages. A page that is checked to its end costs nothing more.
    /// @dev About 10,400 gas a chunk: a whole page of 1,228 is below 13 million.
    function checkPage(address page, uint256 count) external;

    /// @notice Completes the sender's announcement: the pages are checked, in the announced order, and hold the
    /// announced number of bytes.
    function seal(bytes32 imageId, address[] calldata pages) external;

    /// @notice Voids an announcement of the sender's site that is not sealed; the image can then be announced anew.
    function withdraw(bytes32 imageId) external;

    /// @notice Takes a sealed image of the sender's site out of use; its bytes stay.
    /// @param code 113001 quality, 113037 patient safety, 113038 incorrect worklist entry, 113039 retention expired (CID 7011).
    function retire(bytes32 imageId, uint32 code) external;

    /// @notice Undoes a retirement by the sender's site.
    function restore(bytes32 imageId) external;

    /// @notice Carries the newest ruling of the governors on an image out, once. By anyone: it is decided.
    function carryOut(bytes32 imageId) external;

    // --- Others ---

    /// @notice keccak256(abi.encode(siteId, imageKey)).
    function imageIdOf(uint32 siteId, bytes32 imageKey) external pure returns (bytes32);

    /// @notice How many chunks the page lists, and how many of them were proven; zeros for a page that was never checked.
    function getPageCheck(address page) external view returns (uint16 chunks, uint16 checked);

    /// @notice The contract that is asked who may write.
    function consortium() external view returns (address);
}
