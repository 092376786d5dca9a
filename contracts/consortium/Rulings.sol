// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRulings} from './IRulings.sol';
import {Sites} from './Sites.sol';

abstract contract Rulings is Sites, IRulings {
    struct Ruling {
        uint16 number;
        uint32 code;
    }

    mapping(address images => mapping(bytes32 imageId => Ruling)) private _rulings;
    mapping(bytes32 issuerHash => uint32) private _issuerSites;

    function rule(address images, bytes32 imageId, uint32 code) external onlySelf {
        Ruling storage ruling = _rulings[images][imageId];
        ruling.number++;
        ruling.code = code;
        emit Ruled(images, imageId, ruling.number, code);
    }

    function assignIssuer(bytes32 issuerHash, uint32 siteId) external onlySelf {
        if (siteId != 0) _requireKnown(siteId);
        _issuerSites[issuerHash] = siteId;
        emit IssuerAssigned(issuerHash, siteId);
    }

    function rulingOn(address images, bytes32 imageId) external view returns (uint16 number, uint32 code) {
        Ruling storage ruling = _rulings[images][imageId];
        return (ruling.number, ruling.code);
    }

    function siteOfIssuer(bytes32 issuerHash) external view returns (uint32) {
        return _issuerSites[issuerHash];
    }
}
