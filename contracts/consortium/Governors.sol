// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGovernors} from './IGovernors.sol';

abstract contract Governors is IGovernors {
    struct Replacement {
        address successor;
        uint32 governorVersion;
        uint40 executableFrom;
    }

    uint256 public constant MAX_GOVERNORS = 32;
    uint256 public constant MIN_GOVERNORS = 3;
    uint40 public constant MIN_WAIT_SECONDS = 72 hours;
    uint40 public constant MAX_WAIT_SECONDS = 14 days;
    uint40 public constant REPLACEMENT_SECONDS = 30 days;

    address[] private _governors;
    mapping(address account => uint256) private _placeAfter;
    mapping(address lost => Replacement) private _replacements;
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

    function getReplacement(address lost) external view returns (address successor, uint40 executableFrom) {
        Replacement storage replacement = _replacements[lost];
        return _isOpen(replacement) ? (replacement.successor, replacement.executableFrom) : (address(0), 0);
    }

    function isGovernor(address account) public view returns (bool) {
        return _placeAfter[account] != 0;
    }

    function governorVersion() public view returns (uint32) {
        return _governorVersion;
    }

    function waitSeconds() public view returns (uint40) {
        return _waitSeconds;
    }

    /// @dev Reverts for an account that writes or acts for a site: its key lies elsewhere.
    function _requireOfNoSite(address account) internal view virtual;

    function _isMajority(uint256 count) internal view returns (bool) {
        return count * 2 > _governors.length;
    }

    /// @dev One bit for each governor's place. Places keep their governors as long as the version is the same.
    function _bitOf(address governor) internal view returns (uint32) {
        return uint32(1 << (_placeAfter[governor] - 1));
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

    function _isOpen(Replacement storage replacement) private view returns (bool) {
        return
            replacement.successor != address(0) &&
            replacement.governorVersion == _governorVersion &&
            block.timestamp < replacement.executableFrom + REPLACEMENT_SECONDS;
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
