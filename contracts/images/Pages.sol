// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IImages} from './IImages.sol';
import {Math} from '@openzeppelin/contracts/utils/math/Math.sol';
import {PieceStore} from './PieceStore.sol';

/// @dev The pages that were checked, and how far. A page that was begun is proven, so its list cannot change.
abstract contract Pages is IImages {
    struct PageCheck {
        uint64 byteCount;
        uint16 chunks;
        uint16 checked;
    }

    mapping(address page => PageCheck) private _checks;

    function getPageCheck(address page) external view returns (uint16 chunks, uint16 checked) {
        return (_checks[page].chunks, _checks[page].checked);
    }

    function _checkPage(address page, uint256 count) internal {
        PageCheck memory check = _checks[page];
        if (check.chunks != 0 && check.checked == check.chunks) return;

        PieceStore.Prover memory prover = PieceStore.createProver();
        if (check.chunks == 0) {
            PieceStore.prove(prover, page);
            check.chunks = uint16(PieceStore.countOf(page));
        }
        uint256 length = Math.min(count, check.chunks - check.checked);
        bytes memory list = PieceStore.read(
            page,
            check.checked * PieceStore.ADDRESS_BYTES,
            length * PieceStore.ADDRESS_BYTES
        );
        for (uint256 i = 0; i < length; i++) {
            check.byteCount += uint64(PieceStore.prove(prover, PieceStore.addressAt(list, i)));
        }
        check.checked += uint16(length);
        _checks[page] = check;
    }

    /// @dev Chunks and bytes of all pages. Each is checked to its end, and each but the last lists 1,228 chunks.
    function _sumOf(address[] calldata pages) internal view returns (uint256 chunks, uint256 byteCount) {
        for (uint256 i = 0; i < pages.length; i++) {
            PageCheck memory check = _checks[pages[i]];
            if (check.chunks == 0 || check.checked != check.chunks) {
                revert PageNotChecked(pages[i], check.checked, check.chunks);
            }
            if (i + 1 < pages.length && check.chunks != PieceStore.PAGE_CHUNKS) {
                revert PageNotFull(pages[i], check.chunks);
            }
            chunks += check.chunks;
            byteCount += check.byteCount;
        }
    }
}
