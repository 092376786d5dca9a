// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGovernors} from './IGovernors.sol';

abstract contract Governors is IGovernors {
    struct Proposal {
        bytes32 dataHash;
        // One bit for each place in `_governors`. Places do not change while a proposal is open: a change ends it.
        uint32 approvals;
        uint8 approvalCount;
        uint32 governorVersion;
        uint40 expiresAt;
        uint40 passedAt;
        bool waits;
        bool sentBack;
        bool executed;
    }

    struct Replacement {
        address successor;
        uint32 governorVersion;
        uint40 executableFrom;
    }

    uint256 public constant MAX_GOVERNORS = 32;
    uint256 public constant MIN_GOVERNORS = 3;
    uint40 public constant MIN_WAIT_SECONDS = 72 hours;
    uint40 public constant MAX_WAIT_SECONDS = 14 days;
    uint40 public constant PROPOSAL_SECONDS = 30 days;
    uint40 public constant REPLACEMENT_SECONDS = 30 days;
    uint256 public constant MAX_PROPOSAL_BYTES = 4_096;

    address[] private _governors;
    mapping(address account => uint256) private _placeAfter;
    mapping(uint256 id => Proposal) private _proposals;
    mapping(address lost => Replacement) private _replacements;
    uint256 private _proposalCount;
    uint32 private _governorVersion;
    uint40 private _waitSeconds;

    modifier onlySelf() {
        if (msg.sender != address(this)) revert OnlyByProposal(msg.sender);
        _;
    }

    modifier onlyGovernor() {
        if (!isGovernor(msg.sender)) revert NotAGovernor(msg.sender);
        _;
    }

    constructor(address[] memory governors, uint40 seconds_) {
        if (seconds_ != 0 && (seconds_ < MIN_WAIT_SECONDS || seconds_ > MAX_WAIT_SECONDS)) {
            revert WaitOutOfRange(seconds_, MIN_WAIT_SECONDS, MAX_WAIT_SECONDS);
        }
        _waitSeconds = seconds_;
        _requireCount(governors.length);
        for (uint256 i = 0; i < governors.length; i++) _insert(governors[i]);
        _governorVersion = 1;
    }

    function propose(bytes calldata data) external onlyGovernor returns (uint256 id) {
        if (data.length > MAX_PROPOSAL_BYTES) revert ProposalTooLong(data.length, MAX_PROPOSAL_BYTES);
        (bool proposable, bool waits) = _ruleOf(bytes4(data));
        if (!proposable) revert NotProposable(bytes4(data));

        id = ++_proposalCount;
        Proposal storage proposal = _proposals[id];
        proposal.dataHash = keccak256(data);
        proposal.governorVersion = _governorVersion;
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

    function startReplacement(address lost, address successor) external onlyGovernor {
        if (!isGovernor(lost)) revert NotAGovernor(lost);
        if (lost == msg.sender) revert ReplacesItself(lost);
        _requireCandidate(successor);
        if (_isOpen(_replacements[lost])) revert ReplacementOpen(lost, _replacements[lost].successor);
        uint40 executableFrom = uint40(block.timestamp) + REPLACEMENT_SECONDS;
        _replacements[lost] = Replacement({
            successor: successor,
            governorVersion: _governorVersion,
            executableFrom: executableFrom
        });
        emit ReplacementStarted(lost, successor, msg.sender, executableFrom);
    }

    function objectToReplacement(address lost) external onlyGovernor {
        if (!_isOpen(_replacements[lost])) revert NoReplacement(lost);
        delete _replacements[lost];
        emit ReplacementEnded(lost, msg.sender);
    }

    function executeReplacement(address lost) external onlyGovernor {
        Replacement memory replacement = _replacements[lost];
        if (!_isOpen(_replacements[lost])) revert NoReplacement(lost);
        if (block.timestamp < replacement.executableFrom) revert ReplacementNotDue(lost, replacement.executableFrom);
        delete _replacements[lost];
        _replace(lost, replacement.successor);
    }

    function addGovernor(address account) external onlySelf {
        _requireCount(_governors.length + 1);
        _governorVersion++;
        _insert(account);
    }

    function removeGovernor(address account) external onlySelf {
        uint256 place = _placeOf(account);
        _requireCount(_governors.length - 1);
        _governorVersion++;
        address last = _governors[_governors.length - 1];
        _governors[place] = last;
        _placeAfter[last] = place + 1;
        _governors.pop();
        delete _placeAfter[account];
        emit GovernorRemoved(account);
    }

    function replaceGovernor(address account, address successor) external onlySelf {
        _replace(account, successor);
    }

    function getGovernors() external view returns (address[] memory) {
        return _governors;
    }

    function governorCount() external view returns (uint256) {
        return _governors.length;
    }

    function governorVersion() external view returns (uint32) {
        return _governorVersion;
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
        if (proposal.governorVersion != _governorVersion || !isGovernor(account)) return false;
        return proposal.approvals & _bitOf(account) != 0;
    }

    function getReplacement(address lost) external view returns (address successor, uint40 executableFrom) {
        Replacement storage replacement = _replacements[lost];
        return _isOpen(replacement) ? (replacement.successor, replacement.executableFrom) : (address(0), 0);
    }

    function isGovernor(address account) public view returns (bool) {
        return _placeAfter[account] != 0;
    }

    function waitSeconds() public view returns (uint40) {
        return _waitSeconds;
    }

    /// @dev Whether a proposal may call the function, and whether it waits then.
    function _ruleOf(bytes4 selector) internal pure virtual returns (bool proposable, bool waits) {
        waits =
            selector == IGovernors.addGovernor.selector ||
            selector == IGovernors.removeGovernor.selector ||
            selector == IGovernors.replaceGovernor.selector;
        return (waits, waits);
    }

    /// @dev Reverts for an account that writes or acts for a site: its key lies elsewhere.
    function _requireOfNoSite(address account) internal view virtual;

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

    function _replace(address account, address successor) private {
        uint256 place = _placeOf(account);
        _requireCandidate(successor);
        _governorVersion++;
        _governors[place] = successor;
        _placeAfter[successor] = place + 1;
        delete _placeAfter[account];
        emit GovernorRemoved(account);
        emit GovernorAdded(successor);
    }

    function _insert(address account) private {
        _requireCandidate(account);
        _governors.push(account);
        _placeAfter[account] = _governors.length;
        emit GovernorAdded(account);
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
        if (proposal.governorVersion != _governorVersion) return ProposalState.Ended;
        if (block.timestamp >= proposal.expiresAt) return ProposalState.Expired;
        if (proposal.passedAt == 0) return ProposalState.Open;
        return block.timestamp < _executableFrom(proposal) ? ProposalState.Waiting : ProposalState.Executable;
    }

    function _executableFrom(Proposal storage proposal) private view returns (uint40) {
        return proposal.waits ? proposal.passedAt + _waitSeconds : proposal.passedAt;
    }

    function _isOpen(Replacement storage replacement) private view returns (bool) {
        return
            replacement.successor != address(0) &&
            replacement.governorVersion == _governorVersion &&
            block.timestamp < replacement.executableFrom + REPLACEMENT_SECONDS;
    }

    function _isMajority(uint256 approvals) private view returns (bool) {
        return approvals * 2 > _governors.length;
    }

    function _bitOf(address governor) private view returns (uint32) {
        return uint32(1 << (_placeAfter[governor] - 1));
    }

    function _placeOf(address account) private view returns (uint256) {
        if (!isGovernor(account)) revert NotAGovernor(account);
        return _placeAfter[account] - 1;
    }

    function _requireCandidate(address account) private view {
        if (account == address(0)) revert ZeroAccount();
        if (isGovernor(account)) revert AlreadyAGovernor(account);
        _requireOfNoSite(account);
    }

    function _requireCount(uint256 count) private view {
        uint256 least = _waitSeconds == 0 ? 1 : MIN_GOVERNORS;
        if (count < least || count > MAX_GOVERNORS) revert GovernorCountOutOfRange(count, least, MAX_GOVERNORS);
    }
}
