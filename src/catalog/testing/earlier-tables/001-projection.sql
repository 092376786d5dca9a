-- Blocks that were applied, the last 256 of them. The highest is the cursor.
CREATE TABLE block (
  number INTEGER PRIMARY KEY,
  hash TEXT NOT NULL
) STRICT;

-- In every table, `since` is the instance whose announcement brought the row: a rollback deletes it with that instance.
-- References are not enforced: the projection keeps them, and a check at each deletion would read whole tables.

-- What objects say of their study or series, once for all that say the same.
CREATE TABLE section (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  -- DICOM JSON.
  attributes TEXT NOT NULL,
  -- JSONB: for each tag the values that keys are compared with.
  keys BLOB NOT NULL,
  since INTEGER NOT NULL
) STRICT;

-- At which level a tag is found: learned from what is announced.
CREATE TABLE attribute_level (
  tag TEXT NOT NULL,
  level TEXT NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (tag, level)
) STRICT, WITHOUT ROWID;

-- In the three tables below, the counts are those of announced and sealed instances, and `described_by` is the first of
-- them. A row with none is left over from withdrawn or retired instances, and is in no answer.
CREATE TABLE patient (
  id INTEGER PRIMARY KEY,
  patient_key TEXT NOT NULL UNIQUE,
  since INTEGER NOT NULL,
  section_id INTEGER REFERENCES section,
  described_by INTEGER,
  PatientID TEXT,
  study_count INTEGER NOT NULL DEFAULT 0,
  series_count INTEGER NOT NULL DEFAULT 0,
  instance_count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX patient_order ON patient (PatientID, patient_key) WHERE instance_count > 0;

CREATE TABLE study (
  id INTEGER PRIMARY KEY,
  StudyInstanceUID TEXT NOT NULL UNIQUE,
  since INTEGER NOT NULL,
  -- The patient of the first instance.
  patient_id INTEGER REFERENCES patient,
  section_id INTEGER REFERENCES section,
  described_by INTEGER,
  PatientID TEXT,
  AccessionNumber TEXT,
  StudyDate TEXT,
  StudyTime TEXT,
  series_count INTEGER NOT NULL DEFAULT 0,
  instance_count INTEGER NOT NULL DEFAULT 0,
  sealed_count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX study_order ON study (StudyDate DESC, StudyTime DESC, id DESC) WHERE instance_count > 0;
CREATE INDEX study_of_patient ON study (patient_id) WHERE instance_count > 0;
CREATE INDEX study_patient_id ON study (PatientID) WHERE instance_count > 0;
CREATE INDEX study_accession ON study (AccessionNumber) WHERE instance_count > 0;

CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES study,
  SeriesInstanceUID TEXT NOT NULL,
  since INTEGER NOT NULL,
  section_id INTEGER REFERENCES section,
  described_by INTEGER,
  Modality TEXT,
  SeriesNumber REAL,
  instance_count INTEGER NOT NULL DEFAULT 0,
  sealed_count INTEGER NOT NULL DEFAULT 0,
  UNIQUE (SeriesInstanceUID, study_id)
) STRICT;
CREATE INDEX series_order ON series (study_id, SeriesNumber IS NULL, SeriesNumber, SeriesInstanceUID)
  WHERE instance_count > 0;

CREATE TABLE series_class (
  series_id INTEGER NOT NULL REFERENCES series,
  SOPClassUID TEXT NOT NULL,
  instance_count INTEGER NOT NULL,
  PRIMARY KEY (series_id, SOPClassUID)
) STRICT, WITHOUT ROWID;

-- One row an announcement, ascending along the chain, with everything that happened to it later: a rollback clears
-- what is above the block it goes back to.
CREATE TABLE instance (
  id INTEGER PRIMARY KEY,
  image_key TEXT NOT NULL,
  series_id INTEGER NOT NULL REFERENCES series,
  patient_id INTEGER NOT NULL REFERENCES patient,
  SOPInstanceUID TEXT NOT NULL,
  SOPClassUID TEXT NOT NULL,
  InstanceNumber REAL,
  PatientID TEXT,
  site_id INTEGER NOT NULL,
  transfer_syntax_uid TEXT NOT NULL,
  media_type TEXT NOT NULL,
  byte_count INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  file_name TEXT,
  study_section_id INTEGER NOT NULL REFERENCES section,
  series_section_id INTEGER NOT NULL REFERENCES section,
  announced_block INTEGER NOT NULL,
  announced_at INTEGER NOT NULL,
  sealed_block INTEGER,
  sealed_at INTEGER,
  removed_block INTEGER,
  removed_at INTEGER,
  removed_as TEXT CHECK (removed_as IN ('withdrawn', 'retired')),
  retired_reason TEXT,
  announced_body TEXT NOT NULL,
  sealed_body TEXT,
  attributes TEXT NOT NULL,
  keys BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX instance_uid ON instance (SOPInstanceUID) WHERE removed_as IS NOT 'withdrawn';
CREATE UNIQUE INDEX instance_image_key ON instance (image_key) WHERE removed_as IS NOT 'withdrawn';
CREATE INDEX instance_order ON instance (series_id, InstanceNumber IS NULL, InstanceNumber, SOPInstanceUID)
  WHERE removed_block IS NULL;
CREATE INDEX instance_retired ON instance (series_id) WHERE removed_as = 'retired';
CREATE INDEX instance_file ON instance (PatientID, id) WHERE media_type <> 'application/dicom';
CREATE INDEX instance_announced_block ON instance (announced_block);
CREATE INDEX instance_sealed_block ON instance (sealed_block) WHERE sealed_block IS NOT NULL;
CREATE INDEX instance_removed_block ON instance (removed_block) WHERE removed_block IS NOT NULL;

CREATE TABLE header (
  instance_id INTEGER PRIMARY KEY REFERENCES instance,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE metadata (
  instance_id INTEGER PRIMARY KEY REFERENCES instance,
  -- Raw deflate of JSON text.
  deflated BLOB NOT NULL
) STRICT;
CREATE TABLE preview (
  instance_id INTEGER PRIMARY KEY REFERENCES instance,
  bytes BLOB NOT NULL
) STRICT;
