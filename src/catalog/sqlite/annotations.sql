-- What this site says of studies, and what it found out about contents. Unlike the catalogue, it is not on the chain: it is never
-- emptied, and later releases change it by what they add.

CREATE TABLE annotations.label (
  site_id INTEGER NOT NULL,
  StudyInstanceUID TEXT NOT NULL,
  label TEXT NOT NULL,
  set_by TEXT NOT NULL,
  -- Milliseconds since 1970.
  set_at INTEGER NOT NULL,
  PRIMARY KEY (StudyInstanceUID, site_id, label)
) STRICT, WITHOUT ROWID;
CREATE INDEX annotations.label_studies ON label (label, StudyInstanceUID, site_id);

-- Taken away by hand: no rule sets it again.
CREATE TABLE annotations.removed_label (
  site_id INTEGER NOT NULL,
  StudyInstanceUID TEXT NOT NULL,
  label TEXT NOT NULL,
  PRIMARY KEY (StudyInstanceUID, site_id, label)
) STRICT, WITHOUT ROWID;

-- What an announcement's bytes came to, and what an admin says of it. It can only keep something from answers or let it go: a content
-- is kept from them while it has stopped the server or is refused, or has a fault and is not released.
CREATE TABLE annotations.content (
  content_key TEXT PRIMARY KEY,
  is_verified INTEGER NOT NULL DEFAULT 0,
  fault TEXT,
  detail TEXT,
  -- What the server was at when it ended for the second time, until it is released. If that was reading, it is not read again.
  stopped_while TEXT CHECK (stopped_while IN ('reading', 'verifying')),
  -- Has once been released: it is read without the checks that keep others out, also where it is refused now.
  is_released INTEGER NOT NULL DEFAULT 0,
  is_refused INTEGER NOT NULL DEFAULT 0,
  decided_by TEXT,
  -- Milliseconds since 1970.
  decided_at INTEGER,
  CHECK (is_refused = 0 OR fault IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX annotations.content_kept ON content (content_key, is_refused)
  WHERE fault IS NOT NULL OR stopped_while IS NOT NULL;

-- Whether many retirements of one site in one hour of the chain are to have effect.
CREATE TABLE annotations.retirement_decision (
  site_id INTEGER NOT NULL,
  -- Its beginning, in seconds since 1970.
  hour INTEGER NOT NULL,
  decision TEXT NOT NULL CHECK (decision IN ('accepted', 'refused')),
  decided_by TEXT NOT NULL,
  -- Milliseconds since 1970.
  decided_at INTEGER NOT NULL,
  PRIMARY KEY (site_id, hour)
) STRICT, WITHOUT ROWID;
