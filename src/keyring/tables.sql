-- The numbers of this server's studies and patients. What is on the chain are the numbers alone.

-- The upper halves of the numbers that are given, and the lower half of the last one of each.
CREATE TABLE numbering (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  incarnation INTEGER NOT NULL,
  last_study INTEGER NOT NULL,
  last_patient INTEGER NOT NULL
) STRICT;

-- A study key is of one study and one patient: instances of another patient in a study have another.
CREATE TABLE study (
  StudyInstanceUID TEXT NOT NULL,
  -- Both are empty without a PatientID.
  IssuerOfPatientID TEXT NOT NULL,
  PatientID TEXT NOT NULL,
  -- 8 bytes, big-endian: SQLite's integers have a sign.
  study_key BLOB NOT NULL,
  PRIMARY KEY (StudyInstanceUID, IssuerOfPatientID, PatientID)
) STRICT, WITHOUT ROWID;

-- Without a PatientID, a study has a patient of its own: then issuer and PatientID are empty. Else the study is.
CREATE TABLE patient (
  IssuerOfPatientID TEXT NOT NULL,
  PatientID TEXT NOT NULL,
  StudyInstanceUID TEXT NOT NULL,
  patient_key BLOB NOT NULL,
  PRIMARY KEY (IssuerOfPatientID, PatientID, StudyInstanceUID)
) STRICT, WITHOUT ROWID;
