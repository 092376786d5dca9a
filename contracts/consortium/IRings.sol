// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Rings: which keys a site writes with, and who can read what, since when.
///
/// A ring is of one site, and its number counts at that site only: nobody can take another's number first. No key is
/// here, in any form. What was shared stays shared; who is to read no longer is left out of the next ring.
interface IRings {
    /// @param commitment To the ring's root, so that its receivers hold the same one.
    event RingOpened(uint32 indexed siteId, bytes16 indexed ringId, bytes32 commitment, address by);
    /// @param studyKey The study, 0 for all that the ring opens.
    /// @param mayAdd Whether series of `toSite` may appear in that study (an *addition*).
    event Shared(
        uint32 indexed siteId,
        bytes16 indexed ringId,
        uint32 indexed toSite,
        uint64 studyKey,
        bool mayAdd,
        address by
    );

    error ZeroRing();
    error RingInUse(uint32 siteId, bytes16 ringId);
    /// @notice The site has opened no such ring.
    error UnknownRing(uint32 siteId, bytes16 ringId);
    error SharedWithItself(uint32 siteId);
    /// @notice Additions are allowed to one study, not to all of a ring.
    error AdditionsNeedAStudy(bytes16 ringId, uint32 toSite);

    /// @notice Opens a ring of the sender's site. Writer or champion.
    /// @param ringId 16 random bytes.
    function openRing(bytes16 ringId, bytes32 commitment) external;

    /// @notice Says that another site gets a ring, or one study of it. Writer or champion; saying the same again does nothing.
    /// @param studyKey 0 for all of the ring.
    /// @param mayAdd Lets the site add series to the study; sharing again without it takes that back.
    function share(bytes16 ringId, uint32 toSite, uint64 studyKey, bool mayAdd) external;

    /// @return commitment Zero when the site has opened no such ring.
    function commitmentOf(uint32 siteId, bytes16 ringId) external view returns (bytes32 commitment);

    /// @return sharedAt Block time in seconds, 0 when that was not shared.
    function getShare(
        uint32 siteId,
        bytes16 ringId,
        uint32 toSite,
        uint64 studyKey
    ) external view returns (uint40 sharedAt, bool mayAdd);
}
