-- What is to be done at this site, and who wants to know of it. Nothing of it is on the chain. Times are in milliseconds since 1970.

CREATE TABLE workitem (
  SOPInstanceUID TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('SCHEDULED', 'IN PROGRESS', 'COMPLETED', 'CANCELED')),
  -- Of whoever does it: a secret between that one and this site.
  transaction_uid TEXT,
  -- Issuer and subject of who has made it.
  maker TEXT NOT NULL,
  -- DICOM JSON, without the Transaction UID.
  data_set TEXT NOT NULL,
  -- ScheduledProcedureStepStartDateTime, by which a search is ordered.
  starts TEXT NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX workitem_order ON workitem (starts, SOPInstanceUID);
CREATE INDEX workitem_final ON workitem (changed_at) WHERE state IN ('COMPLETED', 'CANCELED');

-- Workitems that were there and are deleted: 410.
CREATE TABLE gone (
  SOPInstanceUID TEXT PRIMARY KEY,
  maker TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE subscriber (
  ae_title TEXT PRIMARY KEY,
  -- Issuer and subject of who has subscribed it first: nobody else does so, or listens.
  owner TEXT NOT NULL,
  -- Sees the workitems of others too.
  sees_all INTEGER NOT NULL,
  -- Of workitems that are made from now on: null = none; whether with a deletion lock.
  global_lock INTEGER,
  -- Keys of the filtered global subscription, as JSON; null = none.
  filter TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE subscription (
  SOPInstanceUID TEXT NOT NULL,
  ae_title TEXT NOT NULL,
  is_locked INTEGER NOT NULL,
  PRIMARY KEY (SOPInstanceUID, ae_title)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscription_of ON subscription (ae_title);
