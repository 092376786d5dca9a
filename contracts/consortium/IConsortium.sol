// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICards} from './ICards.sol';
import {IErasures} from './IErasures.sol';
import {IGovernors} from './IGovernors.sol';
import {IProposals} from './IProposals.sol';
import {IRings} from './IRings.sol';
import {IRulings} from './IRulings.sol';
import {ISites} from './ISites.sol';

/// @title The consortium: who may write, who can read what, what is erased, and who decides.
///
/// One contract for all releases of the contract of images, so that sites keep their numbers. It holds no key in any
/// form, no digest of plaintext, and no text but the sites' names and URLs. It calls nothing but itself.
interface IConsortium is IGovernors, IProposals, ISites, ICards, IRings, IErasures, IRulings {
    /// @notice A site's statement that `count` records of a kind have this root, with the block's time as witness.
    event Anchored(uint32 indexed siteId, uint8 indexed kind, bytes32 root, uint64 count, address by);

    /// @notice Anchors a root. Writer only. Nothing of it is kept but the event.
    /// @param kind What is anchored; 1: a day of the record of use. Others are for readers to know.
    /// @param count How many records the root is over.
    function anchor(uint8 kind, bytes32 root, uint64 count) external;
}
