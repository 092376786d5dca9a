// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governors} from './Governors.sol';
import {ISites} from './ISites.sol';
import {Texts} from './Texts.sol';

abstract contract Sites is Governors, ISites {
    struct Site {
        string name;
        bool admitted;
        uint40 hiddenSince;
        uint32 writerCount;
        uint32 championCount;
    }

    struct Account {
        uint32 siteId;
        Role role;
    }

    uint256 public constant MAX_HIDDEN_SECONDS = 90 days;

    mapping(uint32 siteId => Site) private _sites;
    mapping(address account => Account) private _accounts;
    mapping(uint32 siteId => mapping(address account => Role)) private _named;
    uint32 private _siteCount;

    constructor(string memory name, address[] memory writers, address[] memory champions) {
        if (bytes(name).length == 0 && writers.length == 0 && champions.length == 0) return;
        uint32 siteId = _admit(name);
        for (uint256 i = 0; i < writers.length; i++) _seat(siteId, writers[i], Role.Writer);
        for (uint256 i = 0; i < champions.length; i++) _seat(siteId, champions[i], Role.Champion);
    }

    function nameAccount(address account, Role role) external {
        _name(_requireChampion(), account, role);
    }

    function removeAccount(address account) external {
        uint32 siteId = _requireChampion();
        Account memory known = _accounts[account];
        if (known.siteId == siteId && known.role == Role.Champion) {
            revert OnlyAProposalRemovesAChampion(account, siteId);
        }
        _remove(siteId, account);
    }

    function join(uint32 siteId) external {
        _requireAdmitted(siteId);
        Role role = _named[siteId][msg.sender];
        if (role == Role.None) revert NotNamed(msg.sender, siteId);
        delete _named[siteId][msg.sender];
        _seat(siteId, msg.sender, role);
    }

    function leaveSite() external {
        uint32 siteId = _accounts[msg.sender].siteId;
        if (siteId == 0) revert NotOfASite(msg.sender);
        _unseat(siteId, msg.sender);
        emit AccountRemoved(siteId, msg.sender, msg.sender);
    }

    function admitSite(string calldata name, address[] calldata champions) external onlySelf returns (uint32 siteId) {
        siteId = _admit(name);
        for (uint256 i = 0; i < champions.length; i++) _name(siteId, champions[i], Role.Champion);
    }

    function renameSite(uint32 siteId, string calldata name) external onlySelf {
        _requireKnown(siteId);
        Texts.requireName(name);
        _sites[siteId].name = name;
        emit SiteRenamed(siteId, name);
    }

    function dismissSite(uint32 siteId, uint40 hiddenSince) external onlySelf {
        _requireAdmitted(siteId);
        if (hiddenSince != 0 && hiddenSince + MAX_HIDDEN_SECONDS < block.timestamp) {
            revert HiddenTooFarBack(hiddenSince, block.timestamp - MAX_HIDDEN_SECONDS);
        }
        _sites[siteId].admitted = false;
        _sites[siteId].hiddenSince = hiddenSince;
        emit SiteDismissed(siteId, hiddenSince);
    }

    function readmitSite(uint32 siteId) external onlySelf {
        _requireKnown(siteId);
        if (_sites[siteId].admitted) revert SiteNotDismissed(siteId);
        _sites[siteId].admitted = true;
        _sites[siteId].hiddenSince = 0;
        emit SiteReadmitted(siteId);
    }

    function nameChampion(uint32 siteId, address account) external onlySelf {
        _requireAdmitted(siteId);
        _name(siteId, account, Role.Champion);
    }

    function removeAccountOf(uint32 siteId, address account) external onlySelf {
        _remove(siteId, account);
    }

    function siteCount() external view returns (uint32) {
        return _siteCount;
    }

    function getSite(
        uint32 siteId
    )
        external
        view
        returns (string memory name, bool admitted, uint40 hiddenSince, uint32 writerCount, uint32 championCount)
    {
        Site storage site = _sites[siteId];
        return (site.name, site.admitted, site.hiddenSince, site.writerCount, site.championCount);
    }

    function getAccount(address account) external view returns (uint32 siteId, Role role) {
        return (_accounts[account].siteId, _accounts[account].role);
    }

    function namedRole(uint32 siteId, address account) external view returns (Role) {
        return _named[siteId][account];
    }

    function siteOf(address account) public view returns (uint32) {
        return _siteAs(account, Role.Writer);
    }

    function _requireWriter() internal view returns (uint32 siteId) {
        siteId = siteOf(msg.sender);
        if (siteId == 0) revert NotAWriter(msg.sender);
    }

    function _requireChampion() internal view returns (uint32 siteId) {
        siteId = _siteAs(msg.sender, Role.Champion);
        if (siteId == 0) revert NotAChampion(msg.sender);
    }

    function _requireWriterOrChampion() internal view returns (uint32 siteId) {
        siteId = _accounts[msg.sender].siteId;
        if (!_sites[siteId].admitted) revert NotOfASite(msg.sender);
    }

    /// @dev 0 unless the account is a writer, of whatever site.
    function _writersSite(address account) internal view returns (uint32) {
        Account memory known = _accounts[account];
        return known.role == Role.Writer ? known.siteId : 0;
    }

    function _requireAdmitted(uint32 siteId) internal view {
        if (!_sites[siteId].admitted) revert UnknownSite(siteId);
    }

    function _requireKnown(uint32 siteId) internal view {
        if (siteId == 0 || siteId > _siteCount) revert UnknownSite(siteId);
    }

    function _requireOfNoSite(address account) internal view override {
        if (_accounts[account].siteId != 0) revert AccountInUse(account, _accounts[account].siteId);
    }

    function _siteAs(address account, Role role) internal view returns (uint32) {
        Account memory known = _accounts[account];
        return known.role == role && _sites[known.siteId].admitted ? known.siteId : 0;
    }

    function _admit(string memory name) private returns (uint32 siteId) {
        Texts.requireName(name);
        siteId = ++_siteCount;
        _sites[siteId].name = name;
        _sites[siteId].admitted = true;
        emit SiteAdmitted(siteId, name);
    }

    function _name(uint32 siteId, address account, Role role) private {
        if (account == address(0)) revert ZeroAccount();
        if (role == Role.None) revert RoleOfNone(account);
        _named[siteId][account] = role;
        emit AccountNamed(siteId, account, role, msg.sender);
    }

    function _seat(uint32 siteId, address account, Role role) private {
        if (account == address(0)) revert ZeroAccount();
        if (isGovernor(account)) revert AlreadyAGovernor(account);
        _requireOfNoSite(account);
        _accounts[account] = Account({siteId: siteId, role: role});
        if (role == Role.Writer) _sites[siteId].writerCount++;
        else _sites[siteId].championCount++;
        emit AccountJoined(siteId, account, role);
    }

    function _remove(uint32 siteId, address account) private {
        bool seated = siteId != 0 && _accounts[account].siteId == siteId;
        if (!seated && _named[siteId][account] == Role.None) revert NotTheSitesAccount(account, siteId);
        delete _named[siteId][account];
        if (seated) _unseat(siteId, account);
        emit AccountRemoved(siteId, account, msg.sender);
    }

    function _unseat(uint32 siteId, address account) private {
        if (_accounts[account].role == Role.Writer) _sites[siteId].writerCount--;
        else _sites[siteId].championCount--;
        delete _accounts[account];
    }
}
