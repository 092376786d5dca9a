// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IImages} from './IImages.sol';

/// @title Bytes as contract code: writing, reading and proving chunks, and lists of them.
library PieceStore {
    uint256 internal constant CHUNK_BYTES = 24_575;
    uint256 internal constant PAGE_CHUNKS = 1_228;
    uint256 internal constant ADDRESS_BYTES = 20;

    // PUSH1 11, MSIZE, DUP2, CODESIZE, SUB, DUP1, SWAP3, MSIZE, CODECOPY, RETURN: deploys all that follows these eleven
    // bytes. The twelfth is STOP, the first byte of every chunk, so that its data can never run.
    bytes12 private constant CREATION = 0x600B5981380380925939F300;
    uint256 private constant CREATION_BYTES = 11;

    /// @dev What a proof is made in, once for a call: room for the creation code of a chunk, and what its address is the hash of.
    struct Prover {
        bytes creationCode;
        bytes derivation;
    }

    function writePiece(bytes calldata piece) internal {
        uint256 from = 0;
        do {
            uint256 to = from + CHUNK_BYTES < piece.length ? from + CHUNK_BYTES : piece.length;
            _deploy(bytes.concat(CREATION, piece[from:to]));
            from = to;
        } while (from < piece.length);
    }

    function writeList(bytes memory list) internal returns (address) {
        if (list.length > CHUNK_BYTES) revert IImages.ChunkNotDeployed(list.length);
        return _deploy(bytes.concat(CREATION, list));
    }

    function createProver() internal view returns (Prover memory prover) {
        prover.creationCode = new bytes(CREATION_BYTES + 1 + CHUNK_BYTES);
        bytes memory creationCode = prover.creationCode;
        bytes12 creation = CREATION;
        assembly ('memory-safe') {
            mstore(add(creationCode, 32), creation)
        }
        prover.derivation = abi.encodePacked(hex'ff', address(this), bytes32(0), bytes32(0));
    }

    /// @dev Bytes of a chunk that this contract has deployed (EIP-1014). Its code is 0x00 and those bytes: the address is the hash
    /// of them, this contract deploys nothing else by CREATE2, and code that begins with STOP cannot destroy itself.
    function prove(Prover memory prover, address chunk) internal view returns (uint256 byteCount) {
        uint256 codeSize = chunk.code.length;
        if (codeSize == 0) revert IImages.ChunkMissing(chunk);
        if (codeSize > 1 + CHUNK_BYTES) revert IImages.NotAChunk(chunk, codeSize);
        (bytes memory creationCode, bytes memory derivation) = (prover.creationCode, prover.derivation);
        address derived;
        assembly ('memory-safe') {
            extcodecopy(chunk, add(creationCode, 43), 0, codeSize)
            // 32 of the length, then 0xff, 20 of the deployer and 32 of the salt.
            mstore(add(derivation, 85), keccak256(add(creationCode, 32), add(codeSize, 11)))
            derived := and(keccak256(add(derivation, 32), 85), 0xffffffffffffffffffffffffffffffffffffffff)
        }
        if (derived != chunk) revert IImages.NotAChunk(chunk, codeSize);
        return codeSize - 1;
    }

    /// @dev How many chunks a proven page lists.
    function countOf(address page) internal view returns (uint256) {
        uint256 byteCount = page.code.length - 1;
        bool sized = byteCount > 0 && byteCount <= PAGE_CHUNKS * ADDRESS_BYTES && byteCount % ADDRESS_BYTES == 0;
        if (!sized) revert IImages.NotAPage(page, byteCount + 1);
        return byteCount / ADDRESS_BYTES;
    }

    function chunksOfPiece(uint256 byteCount) internal pure returns (uint256) {
        return byteCount == 0 ? 1 : (byteCount + CHUNK_BYTES - 1) / CHUNK_BYTES;
    }

    function chunksOfBody(uint256 byteCount, uint256 pieceBytes) internal pure returns (uint256) {
        uint256 last = byteCount % pieceBytes;
        return (byteCount / pieceBytes) * chunksOfPiece(pieceBytes) + (last == 0 ? 0 : chunksOfPiece(last));
    }

    function read(address chunk, uint256 offset, uint256 byteCount) internal view returns (bytes memory data) {
        data = new bytes(byteCount);
        assembly ('memory-safe') {
            extcodecopy(chunk, add(data, 32), add(offset, 1), byteCount)
        }
    }

    function chunksOf(
        address index,
        uint256 total,
        uint256 from,
        uint256 to
    ) internal view returns (address[] memory chunks) {
        chunks = new address[](to - from);
        uint256 done = 0;
        while (done < chunks.length) {
            uint256 entry = (from + done) % PAGE_CHUNKS;
            uint256 left = chunks.length - done;
            address page = total > PAGE_CHUNKS ? _entryAt(index, (from + done) / PAGE_CHUNKS) : index;
            done = _readEntries(page, entry, left < PAGE_CHUNKS - entry ? left : PAGE_CHUNKS - entry, chunks, done);
        }
    }

    function merge(address[] memory chunks) internal view returns (bytes memory data) {
        uint256 byteCount = 0;
        for (uint256 i = 0; i < chunks.length; i++) byteCount += chunks[i].code.length - 1;
        data = new bytes(byteCount);
        uint256 offset = 0;
        for (uint256 i = 0; i < chunks.length; i++) {
            address chunk = chunks[i];
            uint256 length = chunk.code.length - 1;
            assembly ('memory-safe') {
                extcodecopy(chunk, add(add(data, 32), offset), 1, length)
            }
            offset += length;
        }
    }

    // abi.encodePacked would pad each element to 32 bytes.
    function pack(address[] calldata addresses) internal pure returns (bytes memory list) {
        uint256 byteCount = addresses.length * ADDRESS_BYTES;
        // Each write spills 12 bytes, which the next one covers; the last one's lie beyond the final length.
        list = new bytes(byteCount + 12);
        for (uint256 i = 0; i < addresses.length; i++) {
            address entry = addresses[i];
            assembly ('memory-safe') {
                mstore(add(add(list, 32), mul(i, 20)), shl(96, entry))
            }
        }
        assembly ('memory-safe') {
            mstore(list, byteCount)
        }
    }

    function addressAt(bytes memory list, uint256 index) internal pure returns (address entry) {
        assembly ('memory-safe') {
            entry := shr(96, mload(add(add(list, 32), mul(index, 20))))
        }
    }

    function _readEntries(
        address page,
        uint256 from,
        uint256 count,
        address[] memory into,
        uint256 done
    ) private view returns (uint256) {
        bytes memory list = read(page, from * ADDRESS_BYTES, count * ADDRESS_BYTES);
        for (uint256 i = 0; i < count; i++) into[done + i] = addressAt(list, i);
        return done + count;
    }

    function _entryAt(address list, uint256 index) private view returns (address) {
        return addressAt(read(list, index * ADDRESS_BYTES, ADDRESS_BYTES), 0);
    }

    function _deploy(bytes memory initCode) private returns (address chunk) {
        // A second CREATE2 to the same address would burn all gas that is left.
        bytes32 derived = keccak256(abi.encodePacked(hex'ff', address(this), bytes32(0), keccak256(initCode)));
        chunk = address(uint160(uint256(derived)));
        if (chunk.code.length > 0) return chunk;
        address deployed;
        assembly ('memory-safe') {
            deployed := create2(0, add(initCode, 32), mload(initCode), 0)
        }
        if (deployed == address(0)) revert IImages.ChunkNotDeployed(initCode.length - 12);
    }
}
