// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Proposals: what governors decide by majority, and only what the contract lets them decide.
///
/// A *proposal* is a call of the consortium to itself, to one of the functions that only it may call. It needs the
/// approval of more than half of the governors, and lives for PROPOSAL_SECONDS, its execution included.
/// What changes governors, dismisses a site or raises a limit *waits* for `waitSeconds` once it has passed. Until it is
/// executed, one governor can *send it back*: all approvals are void, the majority approves again, and it waits again.
/// That can be done once for each proposal, so that one governor delays the others and cannot stop them.
interface IProposals {
    enum ProposalState {
        None,
        Open,
        Waiting,
        Executable,
        Executed,
        Expired,
        Ended
    }

    /// @param data The call. Whoever approves has to understand it: its hash goes with the approval.
    event Proposed(uint256 indexed id, address indexed by, bytes data);
    event Approved(uint256 indexed id, address indexed by);
    event ApprovalRevoked(uint256 indexed id, address indexed by);
    /// @notice More than half of the governors have approved.
    event Passed(uint256 indexed id, uint40 executableFrom);
    event SentBack(uint256 indexed id, address indexed by);
    event Executed(uint256 indexed id, address indexed by);

    /// @notice A proposal can call no such function.
    error NotProposable(bytes4 selector);
    error ProposalTooLong(uint256 byteCount, uint256 maxBytes);
    /// @notice The proposal is not in a state in which that can be done.
    error WrongProposalState(uint256 id, ProposalState state);
    /// @notice The data is not what was proposed.
    error WrongData(uint256 id, bytes32 proposed, bytes32 given);
    error AlreadyApproved(uint256 id, address account);
    error NotApproved(uint256 id, address account);
    error ProposalDoesNotWait(uint256 id);
    error AlreadySentBack(uint256 id);
    /// @notice The call of the proposal was refused; it can be tried again as long as the proposal lives.
    error CallFailed(uint256 id, bytes refusal);

    /// @notice Proposes a call of the consortium to itself; that is the sender's approval, too. Governor only.
    /// @param data Selector and arguments, at most MAX_PROPOSAL_BYTES.
    function propose(bytes calldata data) external returns (uint256 id);

    /// @notice Approves a proposal. Governor only, once.
    /// @param dataHash keccak256 of the data that the governor has read: after a reorganisation the id may be another's.
    function approve(uint256 id, bytes32 dataHash) external;

    /// @notice Takes the sender's approval back. If that ends the majority, the wait begins again with the next one.
    function revoke(uint256 id) external;

    /// @notice Sends a proposal that waits, or has waited, back to the vote. Governor only, once for each proposal.
    function sendBack(uint256 id) external;

    /// @notice Runs a proposal that has passed and waited. Governor only.
    function execute(uint256 id, bytes calldata data) external;

    // --- Getters; what is unknown gives zeros ---

    function proposalCount() external view returns (uint256);

    /// @param executableFrom Block time in seconds, 0 as long as there is no majority.
    function getProposal(
        uint256 id
    )
        external
        view
        returns (
            ProposalState state,
            bytes32 dataHash,
            uint8 approvalCount,
            bool waits,
            bool sentBack,
            uint40 executableFrom,
            uint40 expiresAt
        );

    function hasApproved(uint256 id, address account) external view returns (bool);
}
