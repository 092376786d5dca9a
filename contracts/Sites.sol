// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from '@openzeppelin/contracts/access/AccessControl.sol';
import {IImageLedger} from './IImageLedger.sol';

abstract contract Sites is IImageLedger, AccessControl {
    struct Site {
        string name;
        bool admitted;
        uint32 accountCount;
    }

    mapping(uint32 siteId => Site) private _sites;
    mapping(address account => uint32 siteId) private _accountSite;
    uint32 private _siteCount;
    uint256 private _governorCount;

    constructor(address governor, string memory siteName, address[] memory siteAccounts) {
        _grantRole(DEFAULT_ADMIN_ROLE, governor);
        if (bytes(siteName).length > 0 || siteAccounts.length > 0) _admitSite(siteName, siteAccounts);
    }

    function admitSite(
        string calldata name,
        address[] calldata accounts
    ) external onlyRole(DEFAULT_ADMIN_ROLE) returns (uint32) {
        return _admitSite(name, accounts);
    }

    function dismissSite(uint32 siteId) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (!_sites[siteId].admitted) revert UnknownSite(siteId);
        _sites[siteId].admitted = false;
        emit SiteDismissed(siteId);
    }

    function addSiteAccount(uint32 siteId, address account) external {
        _requireGovernorOrSite(siteId);
        if (!_sites[siteId].admitted) revert UnknownSite(siteId);
        _addSiteAccount(siteId, account);
    }

    function removeSiteAccount(uint32 siteId, address account) external {
        _requireGovernorOrSite(siteId);
        if (siteId == 0 || _accountSite[account] != siteId) revert NotTheSitesAccount(account, siteId);
        delete _accountSite[account];
        _sites[siteId].accountCount--;
        emit SiteAccountRemoved(siteId, account);
    }

    function siteOf(address account) public view returns (uint32) {
        uint32 siteId = _accountSite[account];
        return _sites[siteId].admitted ? siteId : 0;
    }

    function siteCount() external view returns (uint32) {
        return _siteCount;
    }

    function getSite(uint32 siteId) external view returns (string memory name, bool admitted, uint32 accountCount) {
        Site storage site = _sites[siteId];
        return (site.name, site.admitted, site.accountCount);
    }

    function governorCount() external view returns (uint256) {
        return _governorCount;
    }

    function _requireSite() internal view returns (uint32 siteId) {
        siteId = siteOf(msg.sender);
        if (siteId == 0) revert NotASite(msg.sender);
    }

    function _grantRole(bytes32 role, address account) internal override returns (bool granted) {
        granted = super._grantRole(role, account);
        if (granted && role == DEFAULT_ADMIN_ROLE) _governorCount++;
    }

    function _revokeRole(bytes32 role, address account) internal override returns (bool revoked) {
        revoked = super._revokeRole(role, account);
        if (!revoked || role != DEFAULT_ADMIN_ROLE) return revoked;
        if (_governorCount == 1) revert LastGovernor(account);
        _governorCount--;
    }

    function _requireGovernorOrSite(uint32 siteId) private view {
        if (siteId == 0 || siteOf(msg.sender) != siteId) _checkRole(DEFAULT_ADMIN_ROLE);
    }

    function _admitSite(string memory name, address[] memory accounts) private returns (uint32 siteId) {
        if (bytes(name).length == 0) revert NameEmpty();
        siteId = ++_siteCount;
        _sites[siteId].name = name;
        _sites[siteId].admitted = true;
        emit SiteAdmitted(siteId, name);
        for (uint256 i = 0; i < accounts.length; i++) _addSiteAccount(siteId, accounts[i]);
    }

    function _addSiteAccount(uint32 siteId, address account) private {
        if (_accountSite[account] != 0) revert AccountInUse(account, _accountSite[account]);
        _accountSite[account] = siteId;
        _sites[siteId].accountCount++;
        emit SiteAccountAdded(siteId, account);
    }
}
