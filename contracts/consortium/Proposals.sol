// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governors} from './Governors.sol';
import {IGovernors} from './IGovernors.sol';
import {IProposals} from './IProposals.sol';

abstract contract Proposals is Governors, IProposals {
    struct Proposal {
        bytes32 dataHash;
        uint32 approvals;
        uint8 approvalCount;
        uint32 governorVersion;
        uint40 expiresAt;
        uint40 passedAt;
        bool waits;
        bool sentBack;
        bool executed;
    }

    uint40 public constant PROPOSAL_SECONDS = 30 days;
    uint256 public constant MAX_PROPOSAL_BYTES = 4_096;

    mapping(uint256 id => Proposal) private _proposals;
    uint256 private _proposalCount;

    function propose(bytes calldata data) external onlyGovernor returns (uint256 id) {
        if (data.length > MAX_PROPOSAL_BYTES) revert ProposalTooLong(data.length, MAX_PROPOSAL_BYTES);
        (bool proposable, bool waits) = _ruleOf(bytes4(data));
        if (!proposable) revert NotProposable(bytes4(data));

        id = ++_proposalCount;
        Proposal storage proposal = _proposals[id];
        proposal.dataHash = keccak256(data);
        proposal.governorVersion = governorVersion();
        proposal.expiresAt = uint40(block.timestamp) + PROPOSAL_SECONDS;
        proposal.waits = waits;
        emit Proposed(id, msg.sender, data);
        _approve(id, proposal);
    }

    function approve(uint256 id, bytes32 dataHash) external onlyGovernor {
        Proposal storage proposal = _live(id);
        if (dataHash != proposal.dataHash) revert WrongData(id, proposal.dataHash, dataHash);
        _approve(id, proposal);
    }

    function revoke(uint256 id) external onlyGovernor {
        Proposal storage proposal = _live(id);
        uint32 bit = _bitOf(msg.sender);
        if (proposal.approvals & bit == 0) revert NotApproved(id, msg.sender);
        proposal.approvals ^= bit;
        proposal.approvalCount--;
        if (!_isMajority(proposal.approvalCount)) proposal.passedAt = 0;
        emit ApprovalRevoked(id, msg.sender);
    }

    function sendBack(uint256 id) external onlyGovernor {
        Proposal storage proposal = _live(id);
        if (!proposal.waits) revert ProposalDoesNotWait(id);
        if (proposal.passedAt == 0) revert WrongProposalState(id, ProposalState.Open);
        if (proposal.sentBack) revert AlreadySentBack(id);
        proposal.approvals = 0;
        proposal.approvalCount = 0;
        proposal.passedAt = 0;
        proposal.sentBack = true;
        emit SentBack(id, msg.sender);
    }

    function execute(uint256 id, bytes calldata data) external onlyGovernor {
        Proposal storage proposal = _proposals[id];
        ProposalState state = _stateOf(proposal);
        if (state != ProposalState.Executable) revert WrongProposalState(id, state);
        bytes32 dataHash = keccak256(data);
        if (dataHash != proposal.dataHash) revert WrongData(id, proposal.dataHash, dataHash);

        proposal.executed = true;
        emit Executed(id, msg.sender);
        (bool done, bytes memory refusal) = address(this).call(data);
        if (!done) revert CallFailed(id, refusal);
    }

    function proposalCount() external view returns (uint256) {
        return _proposalCount;
    }

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
        )
    {
        Proposal storage proposal = _proposals[id];
        executableFrom = proposal.passedAt == 0 ? 0 : _executableFrom(proposal);
        return (
            _stateOf(proposal),
            proposal.dataHash,
            proposal.approvalCount,
            proposal.waits,
            proposal.sentBack,
            executableFrom,
            proposal.expiresAt
        );
    }

    function hasApproved(uint256 id, address account) external view returns (bool) {
        Proposal storage proposal = _proposals[id];
        if (proposal.governorVersion != governorVersion() || !isGovernor(account)) return false;
        return proposal.approvals & _bitOf(account) != 0;
    }

    /// @dev Whether a proposal may call the function, and whether it waits then.
    function _ruleOf(bytes4 selector) internal pure virtual returns (bool proposable, bool waits) {
        waits =
            selector == IGovernors.addGovernor.selector ||
            selector == IGovernors.removeGovernor.selector ||
            selector == IGovernors.replaceGovernor.selector;
        return (waits, waits);
    }

    function _approve(uint256 id, Proposal storage proposal) private {
        uint32 bit = _bitOf(msg.sender);
        if (proposal.approvals & bit != 0) revert AlreadyApproved(id, msg.sender);
        proposal.approvals |= bit;
        proposal.approvalCount++;
        emit Approved(id, msg.sender);
        if (proposal.passedAt == 0 && _isMajority(proposal.approvalCount)) {
            proposal.passedAt = uint40(block.timestamp);
            emit Passed(id, _executableFrom(proposal));
        }
    }

    function _live(uint256 id) private view returns (Proposal storage proposal) {
        proposal = _proposals[id];
        ProposalState state = _stateOf(proposal);
        bool live = state == ProposalState.Open || state == ProposalState.Waiting || state == ProposalState.Executable;
        if (!live) revert WrongProposalState(id, state);
    }

    function _stateOf(Proposal storage proposal) private view returns (ProposalState) {
        if (proposal.expiresAt == 0) return ProposalState.None;
        if (proposal.executed) return ProposalState.Executed;
        if (proposal.governorVersion != governorVersion()) return ProposalState.Ended;
        if (block.timestamp >= proposal.expiresAt) return ProposalState.Expired;
        if (proposal.passedAt == 0) return ProposalState.Open;
        return block.timestamp < _executableFrom(proposal) ? ProposalState.Waiting : ProposalState.Executable;
    }

    function _executableFrom(Proposal storage proposal) private view returns (uint40) {
        return proposal.waits ? proposal.passedAt + waitSeconds() : proposal.passedAt;
    }
}
