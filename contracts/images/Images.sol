// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IConsortium} from '../consortium/IConsortium.sol';
import {IImages} from './IImages.sol';
import {Math} from '@openzeppelin/contracts/utils/math/Math.sol';
import {Multicall} from '@openzeppelin/contracts/utils/Multicall.sol';
import {Pages} from './Pages.sol';
import {PieceStore} from './PieceStore.sol';

contract Images is Pages, Multicall {
    uint256 public constant MAX_PIECE_BYTES = 30_720;
    uint256 public constant IMAGES_SLOT = 1;

    // Slot 0, of Pages: the checks. Slot 1:
    mapping(bytes32 imageId => Image) private _images;
    mapping(bytes32 patientId => bytes32[]) private _patientImages;
    mapping(bytes32 imageId => uint256) private _placeAtPatient;
    mapping(bytes32 patientId => uint40) private _firstAnnouncedAt;
    IConsortium private _consortium;

    constructor(address consortium_) {
        if (consortium_.code.length == 0) revert NotAContract(consortium_);
        _consortium = IConsortium(consortium_);
    }

    function storePieces(bytes[] calldata pieces) external {
        _requireWriter();
        for (uint256 i = 0; i < pieces.length; i++) {
            if (pieces[i].length > MAX_PIECE_BYTES) revert PieceTooLong(i, pieces[i].length, MAX_PIECE_BYTES);
            PieceStore.writePiece(pieces[i]);
        }
    }

    function announce(Announcement calldata announcement) external {
        uint32 siteId = _requireWriter();
        _requireValid(siteId, announcement);
        bytes32 imageId = imageIdOf(siteId, announcement.imageKey);
        Image storage image = _images[imageId];
        if (image.state != ImageState.None) revert WrongState(imageId, image.state);

        image.siteId = siteId;
        image.state = ImageState.Announced;
        image.pieceBytes = uint16(announcement.pieceBytes);
        image.announcedAt = uint40(block.timestamp);
        image.announcedBlock = uint32(block.number);
        image.ringId = announcement.ringId;
        image.studyKey = announcement.studyKey;
        image.patientKey = announcement.patientKey;
        _keepClaim(image.header, announcement.header);
        _keepClaim(image.preview, announcement.preview);
        _keepClaim(image.instance, announcement.instance);
        PieceStore.Prover memory prover = PieceStore.createProver();
        image.header.index = _index(prover, imageId, announcement, announcement.header, announcement.headerChunks);
        image.preview.index = _index(prover, imageId, announcement, announcement.preview, announcement.previewChunks);

        _addToPatient(imageId, _patientIdOf(siteId, announcement.patientKey));
        emit Announced(imageId, siteId, announcement.studyKey, announcement);
    }

    function checkPage(address page, uint256 count) external {
        _requireWriter();
        _checkPage(page, count);
    }

    function seal(bytes32 imageId, address[] calldata pages) external {
        Image storage image = _ownIn(imageId, ImageState.Announced);
        Body storage body = image.instance;
        bytes memory list = PieceStore.pack(pages);
        if (keccak256(list) != body.root) revert RootMismatch(imageId, body.root, keccak256(list));
        (uint256 chunks, uint256 byteCount) = _sumOf(pages);
        _requireCounts(imageId, body.byteCount, byteCount, image.pieceBytes, chunks);

        body.index = _writeIndex(list);
        image.state = ImageState.Sealed;
        image.sealedAt = uint40(block.timestamp);
        emit Sealed(imageId, image.siteId, pages);
    }

    function withdraw(bytes32 imageId) external {
        Image storage image = _ownIn(imageId, ImageState.Announced);
        uint32 siteId = image.siteId;
        _takeFromPatient(imageId, _patientIdOf(siteId, image.patientKey));
        delete _images[imageId];
        emit Withdrawn(imageId, siteId, msg.sender);
    }

    function retire(bytes32 imageId, uint32 code) external {
        _retire(imageId, _ownIn(imageId, ImageState.Sealed), code, 0);
    }

    function restore(bytes32 imageId) external {
        Image storage image = _ownIn(imageId, ImageState.Retired);
        if (image.ruled) revert RetiredByRuling(imageId, image.ruling);
        _restore(imageId, image, 0);
    }

    function carryOut(bytes32 imageId) external {
        Image storage image = _images[imageId];
        (uint16 ruling, uint32 code) = _consortium.rulingOn(address(this), imageId);
        if (ruling == image.ruling) revert NoRuling(imageId, ruling);
        ImageState state = image.state;
        if (state != ImageState.Sealed && state != ImageState.Retired) revert WrongState(imageId, state);
        image.ruling = ruling;
        image.ruled = code != 0;
        if (code != 0) _retire(imageId, image, code, ruling);
        else if (state == ImageState.Retired) _restore(imageId, image, ruling);
    }

    function loadPieces(bytes32 imageId, uint256 offset, uint256 limit) external view returns (bytes memory) {
        ImageState state = _images[imageId].state;
        if (state != ImageState.Sealed && state != ImageState.Retired) revert WrongState(imageId, state);
        return PieceStore.merge(getPieceAddresses(imageId, offset, limit));
    }

    function getPatient(uint32 siteId, uint64 patientKey) external view returns (Patient memory) {
        bytes32 patientId = _patientIdOf(siteId, patientKey);
        uint256 imageCount = _patientImages[patientId].length;
        return Patient({imageCount: uint64(imageCount), firstAnnouncedAt: _firstAnnouncedAt[patientId]});
    }

    function getPatientImages(
        uint32 siteId,
        uint64 patientKey,
        uint256 offset,
        uint256 limit
    ) external view returns (bytes32[] memory imageIds) {
        bytes32[] storage all = _patientImages[_patientIdOf(siteId, patientKey)];
        (uint256 from, uint256 to) = _range(offset, limit, all.length);
        imageIds = new bytes32[](to - from);
        for (uint256 i = from; i < to; i++) imageIds[i - from] = all[i];
    }

    function getImage(bytes32 imageId) external view returns (Image memory) {
        return _images[imageId];
    }

    function getImageState(bytes32 imageId) external view returns (ImageState) {
        return _images[imageId].state;
    }

    function consortium() external view returns (address) {
        return address(_consortium);
    }

    function getPieceCount(bytes32 imageId) public view returns (uint256) {
        Image storage image = _images[imageId];
        return image.state == ImageState.None ? 0 : Math.ceilDiv(image.instance.byteCount, image.pieceBytes);
    }

    function getPieceAddresses(bytes32 imageId, uint256 offset, uint256 limit) public view returns (address[] memory) {
        Body storage body = _images[imageId].instance;
        (uint256 from, uint256 to) = _range(offset, limit, getPieceCount(imageId));
        if (body.index == address(0) || from == to) return new address[](0);

        uint256 chunksOfPiece = PieceStore.chunksOfPiece(_images[imageId].pieceBytes);
        uint256 total = PieceStore.chunksOfBody(body.byteCount, _images[imageId].pieceBytes);
        return PieceStore.chunksOf(body.index, total, from * chunksOfPiece, Math.min(to * chunksOfPiece, total));
    }

    function imageIdOf(uint32 siteId, bytes32 imageKey) public pure returns (bytes32) {
        return keccak256(abi.encode(siteId, imageKey));
    }

    function _requireWriter() private view returns (uint32 siteId) {
        siteId = _consortium.siteOf(msg.sender);
        if (siteId == 0) revert NotAWriter(msg.sender);
    }

    function _requireValid(uint32 siteId, Announcement calldata announcement) private view {
        bytes16 ringId = announcement.ringId;
        bool keyed = announcement.imageKey != 0 && announcement.studyKey != 0 && announcement.patientKey != 0;
        if (!keyed) revert ZeroKey();
        uint256 pieceBytes = announcement.pieceBytes;
        if (pieceBytes == 0 || pieceBytes > MAX_PIECE_BYTES) revert PieceBytesOutOfRange(pieceBytes, MAX_PIECE_BYTES);
        if (_consortium.commitmentOf(siteId, ringId) == 0) revert UnknownRing(siteId, ringId);
    }

    function _ownIn(bytes32 imageId, ImageState wanted) private view returns (Image storage image) {
        uint32 siteId = _requireWriter();
        image = _images[imageId];
        if (image.state != ImageState.None && image.siteId != siteId) {
            revert NotTheImagesSite(imageId, image.siteId, siteId);
        }
        if (image.state != wanted) revert WrongState(imageId, image.state);
    }

    function _retire(bytes32 imageId, Image storage image, uint32 code, uint16 ruling) private {
        bool known = code == 113_001 || (code >= 113_037 && code <= 113_039);
        if (!known) revert UnknownCode(code);
        image.state = ImageState.Retired;
        image.retiredAt = uint40(block.timestamp);
        image.code = uint24(code);
        emit Retired(imageId, image.siteId, msg.sender, uint24(code), ruling);
    }

    function _restore(bytes32 imageId, Image storage image, uint16 ruling) private {
        image.state = ImageState.Sealed;
        image.retiredAt = 0;
        image.code = 0;
        emit Restored(imageId, image.siteId, msg.sender, ruling);
    }

    function _addToPatient(bytes32 imageId, bytes32 patientId) private {
        _placeAtPatient[imageId] = _patientImages[patientId].length;
        _patientImages[patientId].push(imageId);
        if (_firstAnnouncedAt[patientId] == 0) _firstAnnouncedAt[patientId] = uint40(block.timestamp);
    }

    function _takeFromPatient(bytes32 imageId, bytes32 patientId) private {
        bytes32[] storage all = _patientImages[patientId];
        bytes32 last = all[all.length - 1];
        all[_placeAtPatient[imageId]] = last;
        _placeAtPatient[last] = _placeAtPatient[imageId];
        all.pop();
        delete _placeAtPatient[imageId];
    }

    function _keepClaim(Body storage body, BodyClaim calldata claim) private {
        body.scheme = claim.scheme;
        body.byteCount = claim.byteCount;
        body.sha256Digest = claim.sha256Digest;
        body.root = claim.root;
    }

    function _index(
        PieceStore.Prover memory prover,
        bytes32 imageId,
        Announcement calldata announcement,
        BodyClaim calldata claim,
        address[] calldata chunks
    ) private returns (address) {
        bytes memory list = PieceStore.pack(chunks);
        if (keccak256(list) != claim.root) revert RootMismatch(imageId, claim.root, keccak256(list));
        uint256 byteCount = 0;
        for (uint256 i = 0; i < chunks.length; i++) byteCount += PieceStore.prove(prover, chunks[i]);
        _requireCounts(imageId, claim.byteCount, byteCount, announcement.pieceBytes, chunks.length);
        return _writeIndex(list);
    }

    function _writeIndex(bytes memory list) private returns (address) {
        if (list.length == 0) return address(0);
        return list.length == PieceStore.ADDRESS_BYTES ? PieceStore.addressAt(list, 0) : PieceStore.writeList(list);
    }

    function _requireCounts(
        bytes32 imageId,
        uint256 announcedBytes,
        uint256 givenBytes,
        uint256 pieceBytes,
        uint256 givenChunks
    ) private pure {
        if (givenBytes != announcedBytes) revert ByteCountMismatch(imageId, announcedBytes, givenBytes);
        uint256 expected = PieceStore.chunksOfBody(announcedBytes, pieceBytes);
        if (givenChunks != expected) revert ChunkCountMismatch(imageId, expected, givenChunks);
    }

    function _patientIdOf(uint32 siteId, uint64 patientKey) private pure returns (bytes32) {
        return keccak256(abi.encode(siteId, patientKey));
    }

    function _range(uint256 offset, uint256 limit, uint256 count) private pure returns (uint256 from, uint256 to) {
        from = Math.min(offset, count);
        to = from + Math.min(limit, count - from);
    }
}
