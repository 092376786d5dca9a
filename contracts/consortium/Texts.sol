// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Bounds of the few texts that the consortium keeps, because viewers and consoles show them.
library Texts {
    uint256 internal constant MAX_NAME_BYTES = 64;
    uint256 internal constant MAX_URL_BYTES = 200;
    bytes8 private constant SCHEME = 'https://';

    error NameLengthOutOfRange(uint256 byteCount, uint256 maxBytes);
    /// @notice A control or format character begins at that byte, or a space at either end.
    error NameNotPlain(uint256 offset);
    error UrlTooLong(uint256 byteCount, uint256 maxBytes);
    /// @notice Not `https://` and printable ASCII without spaces.
    error UrlNotPlain(uint256 offset);

    /// @dev 1 to 64 bytes of UTF-8 without U+0000 to U+001F, U+007F to U+009F, and those of U+2000 to U+206F that cannot
    /// be seen: they turn the direction of writing, join, or break lines.
    function requireName(string memory name) internal pure {
        bytes memory text = bytes(name);
        uint256 length = text.length;
        if (length == 0 || length > MAX_NAME_BYTES) revert NameLengthOutOfRange(length, MAX_NAME_BYTES);
        if (text[0] == ' ') revert NameNotPlain(0);
        if (text[length - 1] == ' ') revert NameNotPlain(length - 1);
        for (uint256 i = 0; i < length; i++) if (_isControl(text, i)) revert NameNotPlain(i);
    }

    function requireUrl(string memory url) internal pure {
        bytes memory text = bytes(url);
        if (text.length > MAX_URL_BYTES) revert UrlTooLong(text.length, MAX_URL_BYTES);
        if (text.length <= SCHEME.length || bytes8(text) != SCHEME) revert UrlNotPlain(0);
        for (uint256 i = SCHEME.length; i < text.length; i++) {
            if (text[i] <= 0x20 || text[i] >= 0x7f) revert UrlNotPlain(i);
        }
    }

    function _isControl(bytes memory text, uint256 i) private pure returns (bool) {
        uint8 first = uint8(text[i]);
        if (first < 0x20 || first == 0x7f) return true;
        if (first == 0xc2) return i + 1 < text.length && uint8(text[i + 1]) < 0xa0;
        if (first != 0xe2 || i + 2 >= text.length) return false;
        (uint8 second, uint8 third) = (uint8(text[i + 1]), uint8(text[i + 2]));
        if (second == 0x80) return (third >= 0x8b && third <= 0x8f) || (third >= 0xa8 && third <= 0xae);
        return second == 0x81 && third >= 0xa0 && third <= 0xaf;
    }
}
