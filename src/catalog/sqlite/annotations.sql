-- What this site says of studies. Unlike the catalogue, it is not on the chain: it is never emptied, and later releases change it
-- by what they add.

CREATE TABLE annotations.label (
  StudyInstanceUID TEXT NOT NULL,
  label TEXT NOT NULL,
  set_by TEXT NOT NULL,
  -- Milliseconds since 1970.
  set_at INTEGER NOT NULL,
  PRIMARY KEY (StudyInstanceUID, label)
) STRICT, WITHOUT ROWID;
CREATE INDEX annotations.label_studies ON label (label, StudyInstanceUID);

-- Taken away by hand: no rule sets it again.
CREATE TABLE annotations.removed_label (
  StudyInstanceUID TEXT NOT NULL,
  label TEXT NOT NULL,
  PRIMARY KEY (StudyInstanceUID, label)
) STRICT, WITHOUT ROWID;
