import type { Reading } from '../catalog.js';
import type { Connection } from './database.js';
import { type Fill, prepareFill } from './fill.js';
import type { KnownTags } from './known-tags.js';
import type { Settle } from './settle.js';

/** A bare row, and by what this site knows its content. */
export interface BareRow {
  id: number;
  siteId: number;
  patientKey: string;
  contentKey: string;
}

/** Of what has stopped the server. */
export const STOPPED = 'The server ended twice while it was at this.';

/** Takes the reading of a bare row in. Whether it comes with the announcement or late, it ends in the same rows. */
export type Receive = (row: BareRow, reading: Reading) => void;

export function prepareReceive(db: Connection, { levels, settle }: { levels: KnownTags; settle: Settle }): Receive {
  const fill: Fill = prepareFill(db, levels);
  const keep = db.prepare(
    "UPDATE instance SET reading = ?1, reading_detail = ?2, quarantine = nullif(?1, 'waiting') WHERE id = ?3",
  );
  const hasStopped = db.prepare(
    "SELECT 1 FROM annotations.content WHERE content_key = ? AND stopped_while = 'reading'",
  );
  return (row, reading) => {
    if (hasStopped.get(row.contentKey) !== undefined) keep.run('stopped-the-server', STOPPED, row.id);
    else if (reading.kind === 'waiting') keep.run('waiting', null, row.id);
    else if (reading.kind === 'quarantined') keep.run(reading.reason, reading.detail, row.id);
    else settle.read(fill(row, reading.record));
  };
}
