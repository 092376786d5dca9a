// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Rulings: what governors decide about images and issuers, in the consortium; other contracts ask for it.
///
/// The consortium calls no other contract. A ruling on an image stands here under a number, and the contract of images
/// carries each number out once.
interface IRulings {
    /// @param code The reason of a retirement (CID 7011), 0 to restore the image.
    event Ruled(address indexed images, bytes32 indexed imageId, uint16 number, uint32 code);
    /// @param issuerHash keccak256 of the issuer of patient IDs (0010,0021) in UTF-8.
    /// @param siteId Who speaks for it, 0 for nobody.
    event IssuerAssigned(bytes32 indexed issuerHash, uint32 indexed siteId);

    /// @notice Rules that an image be retired or restored. By proposal only.
    function rule(address images, bytes32 imageId, uint32 code) external;

    /// @notice Says which site speaks for an issuer of patient IDs. By proposal only.
    function assignIssuer(bytes32 issuerHash, uint32 siteId) external;

    /// @return number Of the newest ruling on the image, from 1; 0 when there is none.
    function rulingOn(address images, bytes32 imageId) external view returns (uint16 number, uint32 code);

    function siteOfIssuer(bytes32 issuerHash) external view returns (uint32 siteId);
}
