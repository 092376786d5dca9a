// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Cards} from './Cards.sol';
import {Erasures} from './Erasures.sol';
import {Governors} from './Governors.sol';
import {IConsortium} from './IConsortium.sol';
import {IErasures} from './IErasures.sol';
import {IRulings} from './IRulings.sol';
import {ISites} from './ISites.sol';
import {Proposals} from './Proposals.sol';
import {Rings} from './Rings.sol';
import {Rulings} from './Rulings.sol';
import {Sites} from './Sites.sol';

contract Consortium is Proposals, Cards, Rings, Erasures, Rulings, IConsortium {
    /// @param governors 3 to 32, or 1 to 32 on a chain for trials.
    /// @param seconds_ What changes and erasures wait: 72 hours to 14 days, or 0 on a chain for trials.
    /// @param siteName Site 1, whose accounts are there without joining; empty with no accounts: none yet.
    constructor(
        address[] memory governors,
        uint40 seconds_,
        string memory siteName,
        address[] memory writers,
        address[] memory champions
    ) Governors(governors, seconds_) Sites(siteName, writers, champions) {}

    function anchor(uint8 kind, bytes32 root, uint64 count) external {
        emit Anchored(_requireWriter(), kind, root, count, msg.sender);
    }

    function _ruleOf(bytes4 selector) internal pure override returns (bool proposable, bool waits) {
        (proposable, waits) = super._ruleOf(selector);
        if (proposable) return (true, waits);
        if (selector == ISites.dismissSite.selector || selector == IErasures.allowErasures.selector) {
            return (true, true);
        }
        proposable =
            selector == ISites.admitSite.selector ||
            selector == ISites.renameSite.selector ||
            selector == ISites.readmitSite.selector ||
            selector == ISites.nameChampion.selector ||
            selector == ISites.removeAccountOf.selector ||
            selector == IRulings.assignIssuer.selector ||
            selector == IRulings.rule.selector;
        return (proposable, false);
    }
}
