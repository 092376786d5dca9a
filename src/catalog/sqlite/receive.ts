import type { InstanceRecord, Reading } from '../change.js';
import type { Connection } from './database.js';
import { type AnnouncedRow, prepareFill } from './fill.js';
import type { KnownTags } from './known-tags.js';
import type { Settle } from './settle.js';
import type { SiteRules } from './site-rules.js';
import { standingOfFirst } from './standing.js';

/** Of what has stopped the server. */
export const STOPPED = 'The server ended twice while it was at this.';

/** Takes the reading of a row in, which is bare until then. Whether it comes with the announcement or late, it ends in the same rows. */
export type Receive = (row: AnnouncedRow, reading: Reading) => void;

export function prepareReceive(
  db: Connection,
  { levels, settle, rules }: { levels: KnownTags; settle: Settle; rules: SiteRules },
): Receive {
  const fill = prepareFill(db, levels);
  const add = db.prepare(`
    INSERT INTO instance (id, contract, site_id, image_id, patient_key, content_key, announced_at, announced_body,
      announced_bodies, reading)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting')`);
  const keep = db.prepare(
    "UPDATE instance SET reading = ?1, reading_detail = ?2, quarantine = nullif(?1, 'waiting') WHERE id = ?3",
  );
  const content = db.prepare('SELECT stopped_while FROM annotations.content WHERE content_key = ?');
  const ofUid = db.prepare('SELECT 1 FROM instance WHERE SOPInstanceUID = ? LIMIT 1');

  const read = (row: AnnouncedRow, record: InstanceRecord, isKnown: boolean): void => {
    const isFirst = row.announced !== undefined && !isKnown && ofUid.get(record.SOPInstanceUID) === undefined;
    if (isFirst) settle.first(fill(row, record, standingOfFirst(row.siteId, rules)));
    else settle.read(fill(row, record, { standing: 'hidden', isVerified: false }));
  };
  return (row, reading) => {
    const known = content.get(row.contentKey) as { stopped_while: string | null } | undefined;
    const hasStopped = known?.stopped_while === 'reading';
    if (reading.kind === 'read' && !hasStopped) return read(row, reading.record, known !== undefined);
    if (row.announced) {
      const { at, image } = row.announced;
      const { contract, siteId, imageId, patientKey, contentKey, body, announcedBodies } = image;
      add.run(row.id, contract, siteId, imageId, patientKey, contentKey, at, body, announcedBodies);
    }
    if (hasStopped) keep.run('stopped-the-server', STOPPED, row.id);
    else if (reading.kind === 'quarantined') keep.run(reading.reason, reading.detail, row.id);
  };
}
