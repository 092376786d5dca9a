-- The version of the tables and of the code that makes their rows; a catalogue of another one is emptied and rebuilt.
CREATE TABLE projection_version (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version TEXT NOT NULL
) STRICT;

-- Blocks that were applied, the last 256 of them. The highest is the cursor.
CREATE TABLE block (
  number INTEGER PRIMARY KEY,
  hash TEXT NOT NULL
) STRICT;

-- A position on the chain is block * 2^20 + log index, in one number. In every table, `since` is the lowest position of an
-- announcement that brought the row: a rollback deletes it with that one. Other ids mean nothing, and no answer depends on them.
-- References are not enforced: the projection keeps them, and a check at each deletion would read whole tables.

-- What objects say of their study or series, once for all that say the same; and what several say together, by the name of the row.
CREATE TABLE section (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  -- DICOM JSON.
  attributes TEXT NOT NULL,
  -- JSONB: for each tag the values that keys are compared with.
  keys BLOB NOT NULL,
  since INTEGER NOT NULL
) STRICT;

-- Attributes of instances that many say alike, once for all that say the same.
CREATE TABLE shared (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  -- Raw deflate of DICOM JSON.
  deflated BLOB NOT NULL,
  -- As of a section.
  keys BLOB NOT NULL,
  since INTEGER NOT NULL
) STRICT;

-- At which level a tag is found: learned from what is read.
CREATE TABLE attribute_level (
  tag TEXT NOT NULL,
  level TEXT NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (tag, level)
) STRICT, WITHOUT ROWID;

-- In the three tables below, the counts are those of listed instances, and `described_by` is the first of them. A row with none is
-- left over from others, and is in no search. Patients, studies and instances are those of one site: nothing of another joins them.
CREATE TABLE patient (
  id INTEGER PRIMARY KEY,
  site_id INTEGER NOT NULL,
  -- `patient-identity.ts`: by issuer and PatientID.
  identity TEXT NOT NULL,
  since INTEGER NOT NULL,
  -- By which the consortium knows who has given the PatientID; without one, and where nobody is named, NULL.
  issuer_hash TEXT,
  section_id INTEGER REFERENCES section,
  described_by INTEGER,
  PatientID TEXT,
  -- Of studies that are shown.
  study_count INTEGER NOT NULL DEFAULT 0,
  series_count INTEGER NOT NULL DEFAULT 0,
  instance_count INTEGER NOT NULL DEFAULT 0,
  UNIQUE (identity, site_id)
) STRICT;
CREATE INDEX patient_issuer ON patient (issuer_hash) WHERE issuer_hash IS NOT NULL;
CREATE INDEX patient_order ON patient (PatientID, identity, site_id) WHERE instance_count > 0;

CREATE TABLE study (
  id INTEGER PRIMARY KEY,
  site_id INTEGER NOT NULL,
  StudyInstanceUID TEXT NOT NULL,
  since INTEGER NOT NULL,
  -- Of the sites' studies of one UID, the one at /dicom-web; and whether several sites have listed or retired instances of it.
  is_shown INTEGER NOT NULL DEFAULT 0,
  is_contested INTEGER NOT NULL DEFAULT 0,
  -- Not shown, but each of its series is found in the one that is shown.
  is_addition INTEGER NOT NULL DEFAULT 0,
  -- That of the first instance that has a PatientID.
  patient_id INTEGER REFERENCES patient,
  -- Of each attribute what the first says that has a value: of one instance, or a section of the study's own.
  section_id INTEGER REFERENCES section,
  described_by INTEGER,
  -- The last of those that say something there.
  described_until INTEGER,
  -- Some instance says something else of the study; names another patient.
  is_mixed INTEGER NOT NULL DEFAULT 0,
  names_other_patient INTEGER NOT NULL DEFAULT 0,
  PatientID TEXT,
  AccessionNumber TEXT,
  StudyDate TEXT,
  StudyTime TEXT,
  series_count INTEGER NOT NULL DEFAULT 0,
  instance_count INTEGER NOT NULL DEFAULT 0,
  sealed_count INTEGER NOT NULL DEFAULT 0,
  -- Sealed and verified.
  online_count INTEGER NOT NULL DEFAULT 0,
  UNIQUE (StudyInstanceUID, site_id)
) STRICT;
CREATE UNIQUE INDEX study_shown ON study (StudyInstanceUID) WHERE is_shown = 1;
-- The id makes each entry one of its kind, so that what is below comes in order too. Studies that are not shown are few, and are
-- passed over in the index.
CREATE INDEX study_order ON study (StudyDate DESC, StudyTime DESC, since DESC, id DESC, is_shown, site_id)
  WHERE instance_count > 0;
-- With what says whether it is seen, so that studies are counted in the index alone; the same for `study_section`.
CREATE INDEX study_of_patient ON study (patient_id, is_shown, site_id) WHERE instance_count > 0;
CREATE INDEX study_patient_id ON study (PatientID) WHERE instance_count > 0;
CREATE INDEX study_accession ON study (AccessionNumber) WHERE instance_count > 0;
CREATE INDEX study_mixed ON study (is_mixed) WHERE is_mixed = 1;
CREATE INDEX study_patients ON study (site_id, StudyInstanceUID) WHERE names_other_patient = 1;
CREATE INDEX study_contested ON study (StudyInstanceUID, is_shown, is_addition) WHERE is_contested = 1;

-- Under which of its site's study keys a study was announced, and of whom: of all that was read in release 2.
CREATE TABLE study_number (
  site_id INTEGER NOT NULL,
  study_key TEXT NOT NULL,
  study_id INTEGER NOT NULL REFERENCES study,
  patient_id INTEGER NOT NULL REFERENCES patient,
  since INTEGER NOT NULL,
  PRIMARY KEY (site_id, study_key, study_id, patient_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX study_number_study ON study_number (study_id);
CREATE INDEX study_number_patient ON study_number (patient_id);
CREATE INDEX study_number_since ON study_number (since);

CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES study,
  -- The study in which it is found at /dicom-web, if that is shown: its own, or another site's, which it is an addition to.
  shown_in INTEGER NOT NULL REFERENCES study,
  is_addition INTEGER NOT NULL DEFAULT 0,
  SeriesInstanceUID TEXT NOT NULL,
  since INTEGER NOT NULL,
  -- The four as of a study.
  section_id INTEGER REFERENCES section,
  described_by INTEGER,
  described_until INTEGER,
  is_mixed INTEGER NOT NULL DEFAULT 0,
  Modality TEXT,
  SeriesNumber REAL,
  instance_count INTEGER NOT NULL DEFAULT 0,
  sealed_count INTEGER NOT NULL DEFAULT 0,
  online_count INTEGER NOT NULL DEFAULT 0,
  UNIQUE (SeriesInstanceUID, study_id)
) STRICT;
CREATE INDEX series_order ON series (study_id, SeriesNumber IS NULL, SeriesNumber, SeriesInstanceUID);
-- The id as in `study_order`.
CREATE INDEX series_shown
  ON series (shown_in, is_addition, SeriesNumber IS NULL, SeriesNumber, SeriesInstanceUID, id);
CREATE INDEX series_uid_shown ON series (SeriesInstanceUID, shown_in);
-- Modalities of a study in the index alone: a rare one is looked for in every study.
CREATE INDEX series_modality ON series (study_id, Modality) WHERE instance_count > 0;
CREATE INDEX series_addition ON series (study_id) WHERE is_addition = 1;

CREATE TABLE series_class (
  series_id INTEGER NOT NULL REFERENCES series,
  SOPClassUID TEXT NOT NULL,
  instance_count INTEGER NOT NULL,
  PRIMARY KEY (series_id, SOPClassUID)
) STRICT, WITHOUT ROWID;

-- One row an announcement, at its position on the chain, with everything that happened to it later: a rollback clears what is
-- above the block it goes back to. It is bare, without what its header says, until it is read.
CREATE TABLE instance (
  id INTEGER PRIMARY KEY,
  contract TEXT NOT NULL,
  site_id INTEGER NOT NULL,
  image_id TEXT NOT NULL,
  -- Where it is another than the image ID: in release 2, as the two below it.
  image_key TEXT,
  ring_id TEXT,
  study_key TEXT,
  patient_key TEXT NOT NULL,
  content_key TEXT NOT NULL,
  announced_at INTEGER NOT NULL,
  sealed_block INTEGER,
  sealed_at INTEGER,
  removed_block INTEGER,
  removed_at INTEGER,
  removed_as TEXT CHECK (removed_as IN ('withdrawn', 'retired')),
  retired_reason TEXT,
  retired_by TEXT,
  -- Number of the governors' ruling, 0 for none.
  retired_ruling INTEGER,
  -- Of those of which too many in an hour are held: neither by the account of this server nor by a ruling.
  is_counted_retirement INTEGER,
  -- Of bare rows: 'waiting', 'locked' while there is no key for it here, or why it is kept from all answers.
  reading TEXT,
  reading_detail TEXT,
  -- The seven below follow from the rest and from annotations; `standing.ts` alone says how.
  standing TEXT NOT NULL DEFAULT 'hidden' CHECK (standing IN ('listed', 'retired', 'hidden')),
  quarantine TEXT,
  is_verified INTEGER NOT NULL DEFAULT 0,
  is_retirement_held INTEGER NOT NULL DEFAULT 0,
  -- Its site was dismissed, and it was announced since then.
  is_dismissed INTEGER NOT NULL DEFAULT 0,
  -- Another site has the UID in another study.
  is_contested INTEGER NOT NULL DEFAULT 0,
  -- Another site has the UID in its study of the same UID.
  is_doubled INTEGER NOT NULL DEFAULT 0,
  series_id INTEGER REFERENCES series,
  patient_id INTEGER REFERENCES patient,
  SOPInstanceUID TEXT,
  SOPClassUID TEXT,
  InstanceNumber REAL,
  PatientID TEXT,
  transfer_syntax_uid TEXT,
  media_type TEXT,
  byte_count INTEGER,
  sha256 TEXT,
  -- Of the data set alone.
  data_set_sha256 TEXT,
  file_name TEXT,
  study_section_id INTEGER REFERENCES section,
  series_section_id INTEGER REFERENCES section,
  -- Its attributes by parts (`matching/instance-parts.ts`): its own as DICOM JSON, an attribute a line, the rest in `shared`.
  own TEXT,
  own_keys BLOB,
  common_id INTEGER REFERENCES shared,
  private_id INTEGER REFERENCES shared,
  -- The same of what its metadata has besides these and its sections; of some all of it is in `metadata`.
  rest TEXT,
  announced_body TEXT NOT NULL,
  -- Header and preview on the chain: of bare rows.
  announced_bodies TEXT,
  sealed_pages TEXT,
  CHECK (reading IS NOT NULL OR (series_id IS NOT NULL AND patient_id IS NOT NULL AND SOPInstanceUID IS NOT NULL
    AND SOPClassUID IS NOT NULL AND transfer_syntax_uid IS NOT NULL AND media_type IS NOT NULL AND byte_count IS NOT NULL
    AND sha256 IS NOT NULL AND data_set_sha256 IS NOT NULL AND own IS NOT NULL AND own_keys IS NOT NULL))
) STRICT;
CREATE INDEX instance_uid ON instance (SOPInstanceUID) WHERE SOPInstanceUID IS NOT NULL;
CREATE UNIQUE INDEX instance_image_id ON instance (image_id, contract) WHERE removed_as IS NOT 'withdrawn';
-- The first of a study key has its study and patient.
CREATE INDEX instance_study_key ON instance (site_id, study_key, id) WHERE study_key IS NOT NULL AND reading IS NULL;
CREATE INDEX instance_content ON instance (content_key);
CREATE INDEX instance_order ON instance (series_id, InstanceNumber IS NULL, InstanceNumber, SOPInstanceUID)
  WHERE standing = 'listed';
CREATE INDEX instance_retired ON instance (series_id) WHERE standing = 'retired';
CREATE INDEX instance_file ON instance (PatientID, id) WHERE media_type <> 'application/dicom';
CREATE INDEX instance_sealed_block ON instance (sealed_block) WHERE sealed_block IS NOT NULL;
CREATE INDEX instance_removed_block ON instance (removed_block) WHERE removed_block IS NOT NULL;
CREATE INDEX instance_waiting ON instance (site_id, id) WHERE reading = 'waiting';
CREATE INDEX instance_locked ON instance (site_id, ring_id, study_key, id) WHERE reading = 'locked';
CREATE INDEX instance_unverified ON instance (site_id, id, sealed_at)
  WHERE is_verified = 0 AND standing = 'listed' AND sealed_block IS NOT NULL;
CREATE INDEX instance_quarantine ON instance (id, site_id, removed_as) WHERE quarantine IS NOT NULL;
CREATE INDEX instance_contested ON instance (SOPInstanceUID) WHERE is_contested = 1;
CREATE INDEX instance_doubled ON instance (series_id) WHERE is_doubled = 1;
CREATE INDEX instance_retirement ON instance (site_id, removed_at) WHERE is_counted_retirement = 1;

-- Retirements that have ended, by a restoration, or by a ruling that has taken their place. What lasts is in the row of the image.
CREATE TABLE past_retirement (
  -- Position on the chain of what has ended it.
  id INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES instance,
  removed_block INTEGER NOT NULL,
  removed_at INTEGER NOT NULL,
  retired_reason TEXT NOT NULL,
  retired_by TEXT NOT NULL,
  retired_ruling INTEGER NOT NULL,
  is_counted_retirement INTEGER NOT NULL
) STRICT;

-- Sites that were dismissed, and readmitted: of what was said of a site the last holds.
CREATE TABLE dismissal (
  -- Position on the chain.
  id INTEGER PRIMARY KEY,
  site_id INTEGER NOT NULL,
  -- In seconds since 1970; NULL: nothing is hidden.
  hidden_since INTEGER
) STRICT;
CREATE INDEX dismissal_site ON dismissal (site_id, id);

-- Who speaks for issuers of patient IDs: of what was said of an issuer the last holds.
CREATE TABLE issuer_assignment (
  -- Position on the chain.
  id INTEGER PRIMARY KEY,
  issuer_hash TEXT NOT NULL,
  -- NULL: nobody.
  site_id INTEGER
) STRICT;
CREATE INDEX issuer_assignment_issuer ON issuer_assignment (issuer_hash, id);

-- Studies whose keys their site has given to another one: of what it said of a study to a site the last holds.
CREATE TABLE study_share (
  -- Position on the chain.
  id INTEGER PRIMARY KEY,
  site_id INTEGER NOT NULL,
  study_key TEXT NOT NULL,
  to_site INTEGER NOT NULL,
  -- Whether its series are found in the study.
  may_add INTEGER NOT NULL
) STRICT;
CREATE INDEX study_share_study ON study_share (site_id, study_key, to_site, id);

-- How many images of a site were retired in one hour of the chain, and are so still: of those retirements that are counted.
CREATE TABLE retirement_hour (
  site_id INTEGER NOT NULL,
  -- Its beginning, in seconds since 1970.
  hour INTEGER NOT NULL,
  image_count INTEGER NOT NULL,
  PRIMARY KEY (site_id, hour)
) STRICT, WITHOUT ROWID;

-- Contents that are being read or verified, or were when the process died; no part of the projection.
CREATE TABLE begun (
  content_key TEXT PRIMARY KEY,
  tries INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How often something was unlocked; no part of the projection either.
CREATE TABLE unlocking (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  times INTEGER NOT NULL
) STRICT;
INSERT INTO unlocking (id, times) VALUES (1, 0);

CREATE TABLE header (
  instance_id INTEGER PRIMARY KEY REFERENCES instance,
  bytes BLOB NOT NULL
) STRICT;
-- Of instances whose metadata cannot be put together, to the letter, from what they and their sections say.
CREATE TABLE metadata (
  instance_id INTEGER PRIMARY KEY REFERENCES instance,
  -- Raw deflate of JSON text.
  deflated BLOB NOT NULL
) STRICT;
CREATE TABLE preview (
  instance_id INTEGER PRIMARY KEY REFERENCES instance,
  bytes BLOB NOT NULL
) STRICT;

-- Groups of PatientName by section, folded as they are searched: a name is found without reading the JSON of every study.
CREATE TABLE patient_name (
  name TEXT NOT NULL,
  section_id INTEGER NOT NULL REFERENCES section,
  since INTEGER NOT NULL,
  PRIMARY KEY (name, section_id)
) STRICT, WITHOUT ROWID;
-- How the words of those names sound, for fuzzy matching.
CREATE TABLE patient_sound (
  sound TEXT NOT NULL,
  section_id INTEGER NOT NULL REFERENCES section,
  since INTEGER NOT NULL,
  PRIMARY KEY (sound, section_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_sound_since ON patient_sound (since);
CREATE INDEX patient_name_since ON patient_name (since);

CREATE INDEX study_section ON study (section_id, is_shown, site_id) WHERE instance_count > 0;
CREATE INDEX patient_section ON patient (section_id) WHERE instance_count > 0;

-- One uploaded file by its name, however many its patient has; one without a name goes by its UID.
CREATE INDEX instance_file_name ON instance (PatientID, coalesce(file_name, SOPInstanceUID), id)
  WHERE media_type <> 'application/dicom';
