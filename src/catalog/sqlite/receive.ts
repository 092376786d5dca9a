import type { InstanceRecord, Reading } from '../change.js';
import type { Connection } from './database.js';
import type { Facts } from './facts.js';
import { ANNOUNCED_COLUMNS, announcedValues, type AnnouncedRow } from './announced-row.js';
import { prepareFill } from './fill.js';
import type { KnownTags } from './known-tags.js';
import type { Settle } from './settle.js';
import type { SiteRules } from './site-rules.js';
import { standingOfFirst } from './standing.js';
import { prepareStudyKeys } from './study-keys.js';

/** Of what has stopped the server. */
export const STOPPED = 'The server ended twice while it was at this.';

const HIDDEN = { standing: 'hidden', isVerified: false } as const;

/** Takes the reading of a row in, which is bare until then. Whether it comes with the announcement or late, it ends in the same rows. */
export type Receive = (row: AnnouncedRow, reading: Reading) => void;

export function prepareReceive(
  db: Connection,
  { levels, settle, facts, rules }: { levels: KnownTags; settle: Settle; facts: Facts; rules: SiteRules },
): Receive {
  const fill = prepareFill(db, levels);
  const add = db.prepare(`
    INSERT INTO instance (id, ${ANNOUNCED_COLUMNS.join(', ')}, announced_bodies, reading)
    VALUES (?, ${ANNOUNCED_COLUMNS.map(() => '?').join(', ')}, ?, 'waiting')`);
  const keep = db.prepare('UPDATE instance SET reading = ?1, reading_detail = ?2, quarantine = ?1 WHERE id = ?3');
  const lock = db.prepare("UPDATE instance SET reading = 'locked' WHERE id = ?");
  const content = db.prepare('SELECT stopped_while FROM annotations.content WHERE content_key = ?');
  const studyKeys = prepareStudyKeys(db);
  const ofUid = db.prepare('SELECT 1 FROM instance WHERE SOPInstanceUID = ? LIMIT 1');

  const read = (row: AnnouncedRow, record: InstanceRecord, isKnown: boolean): void => {
    const holder = studyKeys.holder(row);
    const isOfStudy = holder === undefined || studyKeys.isSame(holder, record);
    const isFirst =
      row.announced !== undefined &&
      !isKnown &&
      isOfStudy &&
      !(row.studyKey !== undefined && facts.mayHide(row.siteId, record)) &&
      ofUid.get(record.SOPInstanceUID) === undefined;
    const placed = fill(row, record, isFirst ? standingOfFirst(row.siteId, rules) : HIDDEN);
    const affected = facts.placed(row, placed);
    if (isFirst) settle.first(placed);
    else settle.read(placed);
    // The study key is its own, and not that of those which were read before.
    if (!isOfStudy && holder.id > row.id) settle(studyKeys.uidsOf(row));
    if (affected) settle(affected.SOPInstanceUIDs, affected);
  };
  return (row, reading) => {
    const known = content.get(row.contentKey) as { stopped_while: string | null } | undefined;
    const hasStopped = known?.stopped_while === 'reading';
    if (reading.kind === 'read' && !hasStopped) return read(row, reading.record, known !== undefined);
    if (row.announced) {
      add.run(row.id, ...announcedValues(row.announced), row.announced.image.announcedBodies);
    }
    if (hasStopped) keep.run('stopped-the-server', STOPPED, row.id);
    else if (reading.kind === 'quarantined') keep.run(reading.reason, reading.detail, row.id);
    else if (reading.kind === 'locked') lock.run(row.id);
  };
}
