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

/** Takes the reading of a bare row in. Whether it comes with the announcement or late, it ends in the same rows. */
export type Receive = (row: BareRow, reading: Reading) => void;

export function prepareReceive(db: Connection, { levels, settle }: { levels: KnownTags; settle: Settle }): Receive {
  const fill: Fill = prepareFill(db, levels);
  const keep = db.prepare(
    "UPDATE instance SET reading = ?1, reading_detail = ?2, quarantine = nullif(?1, 'waiting') WHERE id = ?3",
  );
  // What has stopped the server is not read again, until an admin releases it.
  const unread = db.prepare(`
    SELECT fault AS reason, detail FROM annotations.content
    WHERE content_key = ? AND is_unread = 1 AND decision IS NOT 'released'`);
  return (row, reading) => {
    const kept = unread.get(row.contentKey) as { reason: string; detail: string } | undefined;
    if (kept) keep.run(kept.reason, kept.detail, row.id);
    else if (reading.kind === 'waiting') keep.run('waiting', null, row.id);
    else if (reading.kind === 'quarantined') keep.run(reading.reason, reading.detail, row.id);
    else settle.read(fill(row, reading.record));
  };
}
