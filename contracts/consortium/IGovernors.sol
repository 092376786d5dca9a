// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Governors: the set of accounts that decides, and a way out of lost keys.
///
/// The set changes by proposal (IProposals.sol). Every change raises `governorVersion`, and ends all proposals and
/// replacements that were open. A governor whose key is lost can be *replaced* by the word of one other, if no governor
/// objects for REPLACEMENT_SECONDS.
interface IGovernors {
    event GovernorAdded(address indexed account);
    event GovernorRemoved(address indexed account);
    /// @notice `lost` is replaced from `executableFrom` on, unless a governor objects, `lost` itself included.
    event ReplacementStarted(
        address indexed lost,
        address indexed successor,
        address indexed by,
        uint40 executableFrom
    );
    event ReplacementEnded(address indexed lost, address indexed objector);

    /// @notice The wait is 0 (a chain for trials) or out of these bounds.
    error WaitOutOfRange(uint256 seconds_, uint256 least, uint256 most);
    error GovernorCountOutOfRange(uint256 count, uint256 least, uint256 most);
    error NotAGovernor(address account);
    error AlreadyAGovernor(address account);
    error ZeroAccount();
    /// @notice The function runs only as an executed proposal.
    error OnlyByProposal(address sender);
    error ReplacementOpen(address lost, address successor);
    error NoReplacement(address lost);
    error ReplacementNotDue(address lost, uint256 executableFrom);
    error ReplacesItself(address account);

    /// @notice Begins to replace a governor whose key is lost. By another governor; one at a time for each `lost`.
    function startReplacement(address lost, address successor) external;

    /// @notice Ends it. By any governor, and whoever is to be replaced shows so that the key is not lost.
    function objectToReplacement(address lost) external;

    /// @notice Replaces a governor after REPLACEMENT_SECONDS without an objection, and as long again at most. Governor only.
    function executeReplacement(address lost) external;

    // --- By proposal only; each waits ---

    function addGovernor(address account) external;

    function removeGovernor(address account) external;

    function replaceGovernor(address account, address successor) external;

    // --- Getters; what is unknown gives zeros ---

    function isGovernor(address account) external view returns (bool);

    function getGovernors() external view returns (address[] memory);

    function governorCount() external view returns (uint256);

    /// @notice Rises with every change of the set.
    function governorVersion() external view returns (uint32);

    /// @notice How long changes and erasures wait, in seconds: 72 hours or more, or 0 on a chain for trials.
    function waitSeconds() external view returns (uint40);

    /// @return successor Zero when none is open.
    function getReplacement(address lost) external view returns (address successor, uint40 executableFrom);
}
