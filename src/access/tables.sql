-- Who comes in, and how. Of every secret there is the SHA-256 alone: each has 256 random bits, so nothing slower is needed.
-- Times are in milliseconds since 1970; lists and what somebody sees (Visibility) are JSON.

CREATE TABLE session (
  -- For people to name it by; no credential.
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  issuer TEXT NOT NULL,
  name TEXT NOT NULL,
  permissions TEXT NOT NULL,
  sees TEXT NOT NULL,
  -- What the identity provider said: when it is there, the roles file decides at each request what the session may do.
  claims TEXT,
  via TEXT NOT NULL CHECK (via IN ('session', 'link')),
  opened_at INTEGER NOT NULL,
  -- To the minute.
  used_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  -- Why it sees everything, and until when (Emergency, as JSON); null = it does not.
  emergency TEXT
) STRICT;
CREATE INDEX session_of ON session (issuer, subject);

CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL,
  name TEXT NOT NULL,
  permissions TEXT NOT NULL,
  sees TEXT NOT NULL,
  -- Labels of the studies that it stores.
  sets_labels TEXT NOT NULL,
  -- Addresses and CIDR blocks it may be used from; none = from everywhere.
  networks TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  expires_at INTEGER,
  -- To the minute.
  used_at INTEGER,
  revoked_at INTEGER
) STRICT;

CREATE TABLE share_link (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  StudyInstanceUID TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- How often it may be opened; null = as often as one likes until it expires.
  max_uses INTEGER,
  uses INTEGER NOT NULL DEFAULT 0,
  revoked_at INTEGER
) STRICT;
