import type { InstanceRecord, Reading } from '../change.js';
import type { Connection } from './database.js';
import { type Fill, prepareFill } from './fill.js';
import type { KnownTags } from './known-tags.js';
import type { Settle } from './settle.js';
import type { SiteRules } from './site-rules.js';
import { standingOfFirst } from './standing.js';

/** A bare row, and by what this site knows its content. */
export interface BareRow {
  id: number;
  siteId: number;
  patientKey: string;
  contentKey: string;
  /** It was announced just now: nothing has happened to it. */
  isNew: boolean;
}

/** Of what has stopped the server. */
export const STOPPED = 'The server ended twice while it was at this.';

/** Takes the reading of a bare row in, which waits until then. Whether it comes with the announcement or late, it ends in the same rows. */
export type Receive = (row: BareRow, reading: Reading) => void;

export function prepareReceive(
  db: Connection,
  { levels, settle, rules }: { levels: KnownTags; settle: Settle; rules: SiteRules },
): Receive {
  const fill: Fill = prepareFill(db, levels);
  const keep = db.prepare(
    "UPDATE instance SET reading = ?1, reading_detail = ?2, quarantine = nullif(?1, 'waiting') WHERE id = ?3",
  );
  const content = db.prepare('SELECT stopped_while FROM annotations.content WHERE content_key = ?');
  const ofUid = db.prepare('SELECT 1 FROM instance WHERE SOPInstanceUID = ? LIMIT 1');

  const read = (row: BareRow, record: InstanceRecord, isKnown: boolean): void => {
    const isFirst = row.isNew && !isKnown && ofUid.get(record.SOPInstanceUID) === undefined;
    if (isFirst) settle.first(fill(row, record, standingOfFirst(row.siteId, rules)));
    else settle.read(fill(row, record, { standing: 'hidden', isVerified: false }));
  };
  return (row, reading) => {
    const known = content.get(row.contentKey) as { stopped_while: string | null } | undefined;
    if (known?.stopped_while === 'reading') keep.run('stopped-the-server', STOPPED, row.id);
    else if (reading.kind === 'waiting') return;
    else if (reading.kind === 'quarantined') keep.run(reading.reason, reading.detail, row.id);
    else read(row, reading.record, known !== undefined);
  };
}
