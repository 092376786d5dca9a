// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;

/**
 * The contract that Li & Kuo (doi 10.1016/j.ijmedinf.2021.104599) describe in §3.1 and Fig. 3, for comparison with ImageLedger.
 *
 * From its text: Patient and Image structures keyed by patient ID and file name, two primary functions, six getters, pieces
 * of at most 30 KB kept in the contract's storage, a preview as one more piece.
 * Inferred, since no source was published: the names and parameters of all functions, that an image is initialised by the
 * transaction of its first piece (the paper counts no other transactions), and that the preview is piece 0.
 */
contract PaperImages {
    struct Image {
        bool known;
        uint256 pieceCount;
        mapping(uint256 => bytes) pieces;
    }

    struct Patient {
        bool known;
        string[] fileNames;
        mapping(string => Image) images;
    }

    uint256 public constant MAX_PIECE_BYTES = 30 * 1024;
    uint256 public constant PREVIEW = 0;

    string[] private _patientIds;
    mapping(string => Patient) private _patients;

    /// The preview is number 0, pieces count from 1.
    function storePiece(
        string calldata patientId,
        string calldata fileName,
        uint256 number,
        bytes calldata piece
    ) external {
        require(piece.length <= MAX_PIECE_BYTES, 'piece above 30 KB');
        Patient storage patient = _patients[patientId];
        if (!patient.known) {
            patient.known = true;
            _patientIds.push(patientId);
        }
        Image storage image = patient.images[fileName];
        if (!image.known) {
            image.known = true;
            patient.fileNames.push(fileName);
        }
        image.pieces[number] = piece;
        if (number > image.pieceCount) image.pieceCount = number;
    }

    function loadPiece(
        string calldata patientId,
        string calldata fileName,
        uint256 number
    ) external view returns (bytes memory) {
        return _patients[patientId].images[fileName].pieces[number];
    }

    function getPatientCount() external view returns (uint256) {
        return _patientIds.length;
    }

    function getPatientId(uint256 index) external view returns (string memory) {
        return _patientIds[index];
    }

    function getImageCount(string calldata patientId) external view returns (uint256) {
        return _patients[patientId].fileNames.length;
    }

    function getFileName(string calldata patientId, uint256 index) external view returns (string memory) {
        return _patients[patientId].fileNames[index];
    }

    function getPieceCount(string calldata patientId, string calldata fileName) external view returns (uint256) {
        return _patients[patientId].images[fileName].pieceCount;
    }

    function hasPreview(string calldata patientId, string calldata fileName) external view returns (bool) {
        return _patients[patientId].images[fileName].pieces[PREVIEW].length > 0;
    }
}
