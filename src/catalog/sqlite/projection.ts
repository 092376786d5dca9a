import { LedgerError } from '../../base/errors.js';
import { prepareAnnounce } from './announce.js';
import type { KnownTags } from './known-tags.js';
import type { AppliedBlock, CatalogBlock, Change } from '../catalog.js';
import type { Connection } from './database.js';
import { prepareRefresh } from './refresh.js';
import { prepareRollback, type Touched } from './rollback.js';

/** Blocks whose hash is kept, for the search of a common ancestor. */
const KEPT_BLOCKS = 256;

interface Live {
  id: number;
  series_id: number;
  sealed_block: number | null;
  removed_block: number | null;
}

type TimedBlock = AppliedBlock['block'];

/**
 * Writes blocks into the tables and takes them back; each call is one transaction. A change that does not fit the state
 * it meets is passed over, so that no chain can stop the walk: an event of an instance that is not there, a second
 * announcement of one that is sealed or retired, or of its UID under another key. A second announcement of one that is
 * only announced takes its place.
 */
export function prepareProjection(db: Connection, levels: KnownTags) {
  const announce = prepareAnnounce(db, levels);
  const refresh = prepareRefresh(db);
  const cursor = db.prepare('SELECT max(number) AS number FROM block');
  const addBlock = db.prepare('INSERT OR REPLACE INTO block (number, hash) VALUES (?, ?)');
  const dropOldBlocks = db.prepare(`
    DELETE FROM block WHERE number <
      (SELECT number FROM block ORDER BY number DESC LIMIT 1 OFFSET ${KEPT_BLOCKS - 1})`);
  const columns = 'id, series_id, sealed_block, removed_block';
  const liveKey = db.prepare(`SELECT ${columns} FROM instance WHERE image_key = ? AND removed_as IS NOT 'withdrawn'`);
  const liveUid = db.prepare(
    `SELECT ${columns} FROM instance WHERE SOPInstanceUID = ? AND removed_as IS NOT 'withdrawn'`,
  );
  const studyOf = db.prepare('SELECT study_id FROM series WHERE id = ?');
  const patientOf = db.prepare('SELECT patient_id FROM study WHERE id = ?');
  const seal = db.prepare('UPDATE instance SET sealed_block = ?, sealed_at = ?, sealed_body = ? WHERE id = ?');
  const remove = db.prepare(
    'UPDATE instance SET removed_block = ?, removed_at = ?, removed_as = ?, retired_reason = ? WHERE id = ?',
  );
  const countInSeries = db.prepare(
    'UPDATE series SET instance_count = instance_count + 1 WHERE id = ? AND instance_count > 0',
  );
  const countInStudy = db.prepare('UPDATE study SET instance_count = instance_count + 1 WHERE id = ?');
  const countInPatient = db.prepare('UPDATE patient SET instance_count = instance_count + 1 WHERE id = ?');
  const countClass = db.prepare(`
    INSERT INTO series_class (series_id, SOPClassUID, instance_count) VALUES (?, ?, 1)
    ON CONFLICT DO UPDATE SET instance_count = instance_count + 1`);
  const countSealedInSeries = db.prepare('UPDATE series SET sealed_count = sealed_count + 1 WHERE id = ?');
  const countSealedInStudy = db.prepare('UPDATE study SET sealed_count = sealed_count + 1 WHERE id = ?');
  const rollback = prepareRollback(db);

  const find = (statement: typeof liveKey, value: string) => statement.get(value) as Live | undefined;
  const studyIdOf = (seriesId: number) => (studyOf.get(seriesId) as { study_id: number }).study_id;
  const patientIdOf = (studyId: number) => (patientOf.get(studyId) as { patient_id: number | null }).patient_id;

  const refreshAll = ({ seriesIds, studyIds, patientIds }: Touched): void => {
    const patients = new Set<number | null>(patientIds);
    for (const id of seriesIds) refresh.series(id);
    for (const id of studyIds) {
      patients.add(patientIdOf(id));
      refresh.study(id);
      patients.add(patientIdOf(id));
    }
    for (const id of patients) if (id !== null) refresh.patient(id);
  };

  const take = (live: Live, block: TimedBlock, as: 'withdrawn' | 'retired', reason: string | null): void => {
    remove.run(Number(block.number), block.timestamp, as, reason, live.id);
    refreshAll({ seriesIds: [live.series_id], studyIds: [studyIdOf(live.series_id)], patientIds: [] });
  };

  const change = (block: TimedBlock, event: Change): void => {
    const live = find(liveKey, event.imageKey);
    if (event.kind === 'announced') {
      if (live) {
        if (live.sealed_block !== null || live.removed_block !== null) return;
        take(live, block, 'withdrawn', null);
      }
      if (find(liveUid, event.record.SOPInstanceUID)) return;
      const { seriesId, studyId } = announce(event.record, block);
      if (countInSeries.run(seriesId).changes === 0)
        return refreshAll({ seriesIds: [seriesId], studyIds: [studyId], patientIds: [] });
      countInStudy.run(studyId);
      countInPatient.run(patientIdOf(studyId));
      countClass.run(seriesId, event.record.SOPClassUID);
      return;
    }
    if (!live || live.removed_block !== null) return;
    if (event.kind === 'sealed') {
      if (live.sealed_block !== null) return;
      seal.run(Number(block.number), block.timestamp, event.body, live.id);
      countSealedInSeries.run(live.series_id);
      countSealedInStudy.run(studyIdOf(live.series_id));
    } else if (event.kind === 'withdrawn') {
      if (live.sealed_block === null) take(live, block, 'withdrawn', null);
    } else {
      take(live, block, 'retired', event.reason);
    }
  };

  const apply = (block: TimedBlock, changes: readonly Change[]): void => {
    const { number: at } = cursor.get() as { number: number | null };
    if (at !== null && block.number <= BigInt(at))
      throw new LedgerError(
        'internal',
        `Block ${block.number.toString()} cannot be applied at block ${at}; roll back first.`,
      );
    for (const event of changes) change(block, event);
    addBlock.run(Number(block.number), block.hash);
    dropOldBlocks.run();
  };

  return {
    apply: db.transaction(apply),
    rollback: db.transaction((to: CatalogBlock, blocks: readonly AppliedBlock[] = []): void => {
      refreshAll(rollback(Number(to.number)));
      addBlock.run(Number(to.number), to.hash);
      levels.reload();
      for (const { block, changes } of blocks) apply(block, changes);
    }),
  };
}
