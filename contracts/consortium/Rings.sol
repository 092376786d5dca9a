// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRings} from './IRings.sol';
import {Sites} from './Sites.sol';

abstract contract Rings is Sites, IRings {
    struct Share {
        uint40 sharedAt;
        bool mayAdd;
    }

    mapping(uint32 siteId => mapping(bytes16 ringId => bytes32)) private _commitments;
    mapping(uint32 siteId => mapping(bytes16 ringId => mapping(uint32 toSite => mapping(uint64 studyKey => Share))))
        private _shares;

    function openRing(bytes16 ringId, bytes32 commitment) external {
        uint32 siteId = _requireWriterOrChampion();
        if (ringId == 0 || commitment == 0) revert ZeroRing();
        if (_commitments[siteId][ringId] != 0) revert RingInUse(siteId, ringId);
        _commitments[siteId][ringId] = commitment;
        emit RingOpened(siteId, ringId, commitment, msg.sender);
    }

    function share(bytes16 ringId, uint32 toSite, uint64 studyKey, bool mayAdd) external {
        uint32 siteId = _requireWriterOrChampion();
        if (_commitments[siteId][ringId] == 0) revert UnknownRing(siteId, ringId);
        if (toSite == siteId) revert SharedWithItself(siteId);
        _requireAdmitted(toSite);
        if (mayAdd && studyKey == 0) revert AdditionsNeedAStudy(ringId, toSite);

        Share storage known = _shares[siteId][ringId][toSite][studyKey];
        if (known.sharedAt != 0 && known.mayAdd == mayAdd) return;
        if (known.sharedAt == 0) known.sharedAt = uint40(block.timestamp);
        known.mayAdd = mayAdd;
        emit Shared(siteId, ringId, toSite, studyKey, mayAdd, msg.sender);
    }

    function commitmentOf(uint32 siteId, bytes16 ringId) external view returns (bytes32) {
        return _commitments[siteId][ringId];
    }

    function getShare(
        uint32 siteId,
        bytes16 ringId,
        uint32 toSite,
        uint64 studyKey
    ) external view returns (uint40 sharedAt, bool mayAdd) {
        Share storage known = _shares[siteId][ringId][toSite][studyKey];
        return (known.sharedAt, known.mayAdd);
    }
}
