// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Multicall} from '@openzeppelin/contracts/utils/Multicall.sol';
import {Math} from '@openzeppelin/contracts/utils/math/Math.sol';
import {PieceStore} from './PieceStore.sol';
import {Sites} from './Sites.sol';

contract ImageLedger is Sites, Multicall {
    struct CheckedPage {
        uint64 byteCount;
        uint16 chunks;
    }

    uint256 public constant TAKEOVER_BLOCKS = 3_600;
    uint256 public constant MAX_PIECE_BYTES = 30_720;
    uint256 private constant MAX_REASON_BYTES = 256;

    mapping(bytes32 imageKey => Image) private _images;
    mapping(bytes32 patientKey => bytes32[]) private _patientImages;
    mapping(bytes32 imageKey => uint256) private _placeAtPatient;
    mapping(bytes32 patientKey => uint40) private _firstAnnouncedAt;
    mapping(address page => CheckedPage) private _checkedPages;

    constructor(
        address governor,
        string memory siteName,
        address[] memory siteAccounts
    ) Sites(governor, siteName, siteAccounts) {}

    function storePieces(bytes[] calldata pieces) external {
        _requireSite();
        for (uint256 i = 0; i < pieces.length; i++) {
            if (pieces[i].length > MAX_PIECE_BYTES) revert PieceTooLong(i, pieces[i].length, MAX_PIECE_BYTES);
            PieceStore.writePiece(pieces[i]);
        }
    }

    function announce(Announcement calldata announcement) external {
        uint32 siteId = _requireSite();
        bytes32 imageKey = announcement.imageKey;
        bytes32 patientKey = announcement.patientKey;
        uint32 pieceBytes = announcement.pieceBytes;
        if (imageKey == 0 || patientKey == 0) revert ZeroKey();
        if (pieceBytes == 0 || pieceBytes > MAX_PIECE_BYTES) revert PieceBytesOutOfRange(pieceBytes, MAX_PIECE_BYTES);

        Image storage image = _images[imageKey];
        if (image.state != ImageState.None) {
            _requireTakeover(imageKey, image, siteId);
            _void(imageKey, image);
        }
        image.patientKey = patientKey;
        image.siteId = siteId;
        image.state = ImageState.Announced;
        image.pieceBytes = pieceBytes;
        image.announcedAt = uint40(block.timestamp);
        image.announcedBlock = uint40(block.number);
        _keepClaim(image.header, announcement.header);
        _keepClaim(image.preview, announcement.preview);
        _keepClaim(image.instance, announcement.instance);
        image.header.index = _indexChunks(imageKey, announcement.header, announcement.headerChunks, pieceBytes);
        image.preview.index = _indexChunks(imageKey, announcement.preview, announcement.previewChunks, pieceBytes);

        _placeAtPatient[imageKey] = _patientImages[patientKey].length;
        _patientImages[patientKey].push(imageKey);
        if (_firstAnnouncedAt[patientKey] == 0) _firstAnnouncedAt[patientKey] = uint40(block.timestamp);
        emit Announced(imageKey, patientKey, siteId, announcement);
    }

    function checkPage(address page) external {
        _requireSite();
        bytes memory list = PieceStore.readPage(page);
        uint256 chunks = list.length / PieceStore.ADDRESS_BYTES;
        uint256 byteCount = 0;
        for (uint256 i = 0; i < chunks; i++) byteCount += PieceStore.byteCountOf(PieceStore.addressAt(list, i));
        _checkedPages[page] = CheckedPage({byteCount: uint64(byteCount), chunks: uint16(chunks)});
    }

    function seal(bytes32 imageKey, address[] calldata pages) external {
        Image storage image = _ownAnnouncement(imageKey);
        Body storage body = image.instance;
        bytes memory list = PieceStore.pack(pages);
        if (keccak256(list) != body.root) revert RootMismatch(imageKey, body.root, keccak256(list));

        uint256 chunks = 0;
        uint256 byteCount = 0;
        for (uint256 i = 0; i < pages.length; i++) {
            CheckedPage memory checked = _checkedPages[pages[i]];
            if (checked.chunks == 0) revert PageNotChecked(pages[i]);
            if (i + 1 < pages.length && checked.chunks != PieceStore.PAGE_CHUNKS) {
                revert PageNotFull(pages[i], checked.chunks);
            }
            chunks += checked.chunks;
            byteCount += checked.byteCount;
        }
        _requireCounts(imageKey, body.byteCount, byteCount, image.pieceBytes, chunks);

        body.index = _writeIndex(list);
        image.state = ImageState.Sealed;
        image.sealedAt = uint40(block.timestamp);
        emit Sealed(imageKey, image.siteId, pages);
    }

    function withdraw(bytes32 imageKey) external {
        _void(imageKey, _ownAnnouncement(imageKey));
    }

    function retire(bytes32 imageKey, string calldata reason) external {
        Image storage image = _images[imageKey];
        uint32 siteId = hasRole(DEFAULT_ADMIN_ROLE, msg.sender) ? image.siteId : _requireSite();
        if (image.state != ImageState.Sealed) revert WrongState(imageKey, image.state);
        if (image.siteId != siteId) revert NotTheImagesSite(imageKey, image.siteId, siteId);
        if (bytes(reason).length > MAX_REASON_BYTES) revert ReasonTooLong(bytes(reason).length, MAX_REASON_BYTES);
        image.state = ImageState.Retired;
        image.retiredAt = uint40(block.timestamp);
        emit Retired(imageKey, siteId, msg.sender, reason);
    }

    function loadPieces(bytes32 imageKey, uint256 offset, uint256 limit) external view returns (bytes memory) {
        ImageState state = _images[imageKey].state;
        if (state != ImageState.Sealed && state != ImageState.Retired) revert WrongState(imageKey, state);
        return PieceStore.merge(getPieceAddresses(imageKey, offset, limit));
    }

    function getPatient(bytes32 patientKey) external view returns (Patient memory) {
        uint256 imageCount = _patientImages[patientKey].length;
        return Patient({imageCount: uint64(imageCount), firstAnnouncedAt: _firstAnnouncedAt[patientKey]});
    }

    function getPatientImages(
        bytes32 patientKey,
        uint256 offset,
        uint256 limit
    ) external view returns (bytes32[] memory imageKeys) {
        bytes32[] storage all = _patientImages[patientKey];
        (uint256 from, uint256 to) = _range(offset, limit, all.length);
        imageKeys = new bytes32[](to - from);
        for (uint256 i = from; i < to; i++) imageKeys[i - from] = all[i];
    }

    function getImage(bytes32 imageKey) external view returns (Image memory) {
        return _images[imageKey];
    }

    function getImageState(bytes32 imageKey) external view returns (ImageState) {
        return _images[imageKey].state;
    }

    function getPieceCount(bytes32 imageKey) public view returns (uint256) {
        Image storage image = _images[imageKey];
        return image.state == ImageState.None ? 0 : Math.ceilDiv(image.instance.byteCount, image.pieceBytes);
    }

    function getPieceAddresses(bytes32 imageKey, uint256 offset, uint256 limit) public view returns (address[] memory) {
        Body storage body = _images[imageKey].instance;
        (uint256 from, uint256 to) = _range(offset, limit, getPieceCount(imageKey));
        if (body.index == address(0) || from == to) return new address[](0);

        uint256 chunksOfPiece = PieceStore.chunksOfPiece(_images[imageKey].pieceBytes);
        uint256 total = PieceStore.chunksOfBody(body.byteCount, _images[imageKey].pieceBytes);
        return PieceStore.chunksOf(body.index, total, from * chunksOfPiece, Math.min(to * chunksOfPiece, total));
    }

    function checkedChunks(address page) external view returns (uint256) {
        return _checkedPages[page].chunks;
    }

    function _ownAnnouncement(bytes32 imageKey) private view returns (Image storage image) {
        uint32 siteId = _requireSite();
        image = _images[imageKey];
        if (image.state != ImageState.Announced) revert WrongState(imageKey, image.state);
        if (image.siteId != siteId) revert NotTheImagesSite(imageKey, image.siteId, siteId);
    }

    function _requireTakeover(bytes32 imageKey, Image storage image, uint32 siteId) private view {
        if (image.state != ImageState.Announced || image.siteId == siteId) revert WrongState(imageKey, image.state);
        uint256 fromBlock = image.announcedBlock + TAKEOVER_BLOCKS;
        if (block.number < fromBlock) revert TakeoverTooEarly(imageKey, fromBlock);
    }

    function _void(bytes32 imageKey, Image storage image) private {
        emit Withdrawn(imageKey, image.siteId, msg.sender);
        bytes32[] storage all = _patientImages[image.patientKey];
        bytes32 last = all[all.length - 1];
        all[_placeAtPatient[imageKey]] = last;
        _placeAtPatient[last] = _placeAtPatient[imageKey];
        all.pop();
        delete _placeAtPatient[imageKey];
        delete _images[imageKey];
    }

    function _keepClaim(Body storage body, BodyClaim calldata claim) private {
        body.scheme = claim.scheme;
        body.byteCount = claim.byteCount;
        body.sha256Digest = claim.sha256Digest;
        body.root = claim.root;
    }

    function _indexChunks(
        bytes32 imageKey,
        BodyClaim calldata claim,
        address[] calldata chunks,
        uint256 pieceBytes
    ) private returns (address) {
        bytes memory list = PieceStore.pack(chunks);
        if (keccak256(list) != claim.root) revert RootMismatch(imageKey, claim.root, keccak256(list));
        uint256 byteCount = 0;
        for (uint256 i = 0; i < chunks.length; i++) byteCount += PieceStore.byteCountOf(chunks[i]);
        _requireCounts(imageKey, claim.byteCount, byteCount, pieceBytes, chunks.length);
        return _writeIndex(list);
    }

    function _writeIndex(bytes memory list) private returns (address) {
        if (list.length == 0) return address(0);
        return list.length == PieceStore.ADDRESS_BYTES ? PieceStore.addressAt(list, 0) : PieceStore.writeList(list);
    }

    function _requireCounts(
        bytes32 imageKey,
        uint256 announcedBytes,
        uint256 givenBytes,
        uint256 pieceBytes,
        uint256 givenChunks
    ) private pure {
        if (givenBytes != announcedBytes) revert ByteCountMismatch(imageKey, announcedBytes, givenBytes);
        uint256 expected = PieceStore.chunksOfBody(announcedBytes, pieceBytes);
        if (givenChunks != expected) revert ChunkCountMismatch(imageKey, expected, givenChunks);
    }

    function _range(uint256 offset, uint256 limit, uint256 count) private pure returns (uint256 from, uint256 to) {
        from = Math.min(offset, count);
        to = from + Math.min(limit, count - from);
    }
}
