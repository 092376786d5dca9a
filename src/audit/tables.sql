-- What can be searched of an event is computed from its text, so that it cannot say anything else than what is hashed. `part` has
-- the rows that were anchored together; when they are old enough, they are removed and the part stays. `open_use` has what is
-- still being counted, so that a kill loses none of it.

CREATE TABLE event (
  position INTEGER PRIMARY KEY,
  hash BLOB NOT NULL,
  body TEXT NOT NULL,
  at INTEGER GENERATED ALWAYS AS (json_extract(body, '$.at')) VIRTUAL,
  kind TEXT GENERATED ALWAYS AS (json_extract(body, '$.kind')) VIRTUAL,
  outcome INTEGER GENERATED ALWAYS AS (json_extract(body, '$.outcome')) VIRTUAL,
  agent TEXT GENERATED ALWAYS AS (json_extract(body, '$.agent.subject')) VIRTUAL,
  issuer TEXT GENERATED ALWAYS AS (json_extract(body, '$.agent.issuer')) VIRTUAL,
  name TEXT GENERATED ALWAYS AS (json_extract(body, '$.agent.name')) VIRTUAL,
  address TEXT GENERATED ALWAYS AS (json_extract(body, '$.address')) VIRTUAL,
  subject TEXT GENERATED ALWAYS AS (json_extract(body, '$.subject')) VIRTUAL
) STRICT;
CREATE INDEX event_at ON event (at);
CREATE INDEX event_agent ON event (agent, position);
CREATE INDEX event_subject ON event (subject, position) WHERE subject IS NOT NULL;
CREATE TABLE subject (
  ref TEXT PRIMARY KEY,
  salt BLOB NOT NULL,
  StudyInstanceUID TEXT,
  PatientID TEXT,
  IssuerOfPatientID TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX subject_study ON subject (StudyInstanceUID);
CREATE INDEX subject_patient ON subject (PatientID);
CREATE TABLE open_use (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE part (
  last INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  hash BLOB NOT NULL,
  root BLOB NOT NULL,
  closed_at INTEGER NOT NULL,
  sent_at INTEGER,
  transaction_hash TEXT,
  block INTEGER,
  is_removed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE sent (receiver TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER event_stays_as_it_is BEFORE UPDATE ON event
  BEGIN SELECT RAISE(ABORT, 'a row of the audit is never changed'); END;
CREATE TRIGGER event_stays BEFORE DELETE ON event
  WHEN NOT EXISTS (SELECT 1 FROM part WHERE is_removed = 1 AND OLD.position BETWEEN first AND last)
  BEGIN SELECT RAISE(ABORT, 'a row of the audit is removed with its part only'); END;
