import { prepareCountApart } from './count-apart.js';
import type { Connection } from './database.js';
import type { Placed } from './fill.js';
import { prepareRefresh, type Touched } from './refresh.js';
import type { SiteRules } from './site-rules.js';
import { prepareStanding } from './standing.js';

/** Brings what follows from instances up to date: how they stand, and all that is counted and described by them. */
export interface Settle {
  /** Something is another than before for rows of these SOP Instance UIDs, or below what is `touched`. */
  (SOPInstanceUIDs: Iterable<string>, touched?: Touched): void;
  /** A row was read as it was announced; it is listed, and the only one of its UID. */
  first(placed: Placed): void;
  /** A row was read. */
  read(placed: Placed): void;
  /** A row that was read was sealed. */
  sealed(id: number): void;
}

export function prepareSettle(db: Connection, rules: SiteRules): Settle {
  const stand = prepareStanding(db, rules);
  const refresh = prepareRefresh(db, rules);
  // Most instances come into a series that has others before them: counting on is enough.
  const countInSeries = db.prepare(`
    UPDATE series SET instance_count = instance_count + 1
    WHERE id = ? AND instance_count > 0 AND described_by < ? AND section_id = ?`);
  const countInStudy = db.prepare(
    'UPDATE study SET instance_count = instance_count + 1 WHERE id = ? AND section_id = ?',
  );
  const countApart = prepareCountApart(db);
  const countInPatient = db.prepare(`
    UPDATE patient SET instance_count = instance_count + 1
    WHERE id = (SELECT patient_id FROM study WHERE id = ? AND is_shown = 1)`);
  const countClass = db.prepare(`
    INSERT INTO series_class (series_id, SOPClassUID, instance_count) VALUES (?, ?, 1)
    ON CONFLICT (series_id, SOPClassUID) DO UPDATE SET instance_count = series_class.instance_count + 1`);
  const ofRow = db.prepare(`
    SELECT i.series_id AS seriesId, r.study_id AS studyId, i.is_verified AS isVerified
    FROM instance i JOIN series r ON r.id = i.series_id
    WHERE i.id = ? AND i.standing = 'listed' AND i.sealed_block IS NOT NULL`);
  const countSealed = (table: 'series' | 'study') =>
    db.prepare(`UPDATE ${table} SET sealed_count = sealed_count + 1, online_count = online_count + ? WHERE id = ?`);
  const [countSealedInSeries, countSealedInStudy] = [countSealed('series'), countSealed('study')];
  const countOnline = (table: 'series' | 'study') =>
    db.prepare(`UPDATE ${table} SET online_count = online_count + ? WHERE id = ?`);
  const [countOnlineInSeries, countOnlineInStudy] = [countOnline('series'), countOnline('study')];

  const sealed = (id: number): void => {
    const row = ofRow.get(id) as { seriesId: number; studyId: number; isVerified: number } | undefined;
    if (!row) return;
    countSealedInSeries.run(row.isVerified, row.seriesId);
    countSealedInStudy.run(row.isVerified, row.studyId);
  };
  const verified = (id: number, by: 1 | -1): void => {
    const row = ofRow.get(id) as { seriesId: number; studyId: number } | undefined;
    if (!row) return;
    countOnlineInSeries.run(by, row.seriesId);
    countOnlineInStudy.run(by, row.studyId);
  };
  const settle = (SOPInstanceUIDs: Iterable<string>, touched: Touched = {}): void => {
    const seriesIds = new Set(touched.seriesIds);
    for (const SOPInstanceUID of SOPInstanceUIDs)
      for (const { id, seriesId, from, to, isVerified } of stand(SOPInstanceUID)) {
        if (from !== to) seriesIds.add(seriesId);
        else verified(id, isVerified ? 1 : -1);
      }
    refresh({ ...touched, seriesIds });
  };
  /** Whether counting on was enough for a row that is listed now. */
  const isCounted = ({ id, seriesId, studyId, seriesSectionId, studySectionId, SOPClassUID }: Placed): boolean => {
    const isInSeries = countInSeries.run(seriesId, id, seriesSectionId).changes > 0;
    if (!isInSeries && !countApart('series', { id: seriesId, at: id, sectionId: seriesSectionId })) return false;
    const isInStudy = countInStudy.run(studyId, studySectionId).changes > 0;
    if (!isInStudy && !countApart('study', { id: studyId, at: id, sectionId: studySectionId })) return false;
    countInPatient.run(studyId);
    countClass.run(seriesId, SOPClassUID);
    return true;
  };
  const first = (placed: Placed): void => {
    if (!isCounted(placed)) refresh({ seriesIds: [placed.seriesId] });
  };
  const read = (placed: Placed): void => {
    const moved = stand(placed.SOPInstanceUID);
    const [only] = moved;
    const isListedAlone = moved.length === 1 && only?.id === placed.id && only.to === 'listed' && !only.isDoubled;
    if (isListedAlone && isCounted(placed)) sealed(placed.id);
    else refresh({ seriesIds: moved.map(({ seriesId }) => seriesId) });
  };
  return Object.assign(settle, { first, read, sealed });
}
