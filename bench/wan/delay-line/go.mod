module dicom-ledger/delay-line

go 1.21
