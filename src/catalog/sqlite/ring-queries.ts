import type { LockedImage, LockedPlace, LockedStudy } from '../ring-queries.js';
import { blockOf } from './chain-position.js';
import type { Connection } from './database.js';
import type { SiteRules } from './site-rules.js';

type LockedImageRow = Omit<LockedImage, 'announcedBlock' | 'sealedBlock'> & { sealedBlock: number };
type LockedRow = Omit<LockedStudy, 'announcedBlock'> & { id: number };

const LOCKED_IMAGE = `i.site_id AS siteId, i.ring_id AS ringId, i.study_key AS studyKey, i.id, i.contract, i.image_id AS imageId,
  i.announced_body AS body, i.announced_bodies AS announcedBodies, i.sealed_pages AS pages, i.sealed_block AS sealedBlock`;
/** Before all others. */
const FIRST: LockedPlace = { siteId: 0, ringId: '', studyKey: '', id: 0 };

/** Prepares what sharing and verifying without keys ask: each by an index. */
export function prepareRingQueries(db: Connection, { siteId: own }: Pick<SiteRules, 'siteId'>) {
  const locked = db.prepare(`
    SELECT i.id, i.contract, i.image_id AS imageId, coalesce(i.image_key, i.image_id) AS imageKey, i.study_key AS studyKey,
      i.announced_bodies AS announcedBodies
    FROM (SELECT study_key, min(id) AS id FROM instance INDEXED BY instance_locked
      WHERE reading = 'locked' AND site_id = ? AND ring_id = ? AND study_key > ? GROUP BY study_key ORDER BY study_key LIMIT ?) f
      JOIN instance i ON i.id = f.id ORDER BY f.study_key`);
  const lockedImages = db.prepare(`
    SELECT ${LOCKED_IMAGE} FROM instance i INDEXED BY instance_locked
    WHERE i.reading = 'locked' AND (i.site_id, i.ring_id, i.study_key, i.id) > (?, ?, ?, ?)
      AND i.sealed_block IS NOT NULL AND i.removed_as IS NULL
    ORDER BY i.site_id, i.ring_id, i.study_key, i.id LIMIT ?`);
  const lockedImage = db.prepare(`
    SELECT ${LOCKED_IMAGE} FROM instance i INDEXED BY instance_image_id
    WHERE i.image_id = ? AND i.removed_as IS NOT 'withdrawn' AND i.reading = 'locked' AND i.sealed_block IS NOT NULL LIMIT 1`);
  const ofStudy = db.prepare(`
    SELECT i.ring_id AS ringId, i.study_key AS studyKey
    FROM study s CROSS JOIN series r ON r.study_id = s.id CROSS JOIN instance i INDEXED BY instance_order ON i.series_id = r.id
    WHERE s.StudyInstanceUID = ? AND s.site_id = ? AND i.standing = 'listed' AND i.study_key IS NOT NULL
    GROUP BY i.ring_id, i.study_key ORDER BY min(i.id)`);
  const studyOf = db.prepare(`
    SELECT s.StudyInstanceUID AS uid
    FROM instance i INDEXED BY instance_study_key JOIN series r ON r.id = i.series_id JOIN study s ON s.id = r.study_id
    WHERE i.site_id = ? AND i.study_key = ? AND i.reading IS NULL ORDER BY i.id LIMIT 1`);
  return {
    announcedUnder: (
      { siteId, ringId }: { siteId: number; ringId: string },
      { limit, after = '' }: { limit: number; after?: string },
    ): LockedStudy[] =>
      (locked.all(siteId, ringId, after, limit) as LockedRow[]).map((row) => ({
        contract: row.contract,
        imageId: row.imageId,
        imageKey: row.imageKey,
        studyKey: row.studyKey,
        announcedBodies: row.announcedBodies,
        announcedBlock: blockOf(row.id),
      })),
    lockedImages: ({ limit, after = FIRST }: { limit: number; after?: LockedPlace }): LockedImage[] => {
      const { siteId, ringId, studyKey, id } = after;
      return (lockedImages.all(siteId, ringId, studyKey, id, limit) as LockedImageRow[]).map(imageOfRow);
    },
    lockedImage: (imageId: string): LockedImage | undefined => {
      const row = lockedImage.get(imageId) as LockedImageRow | undefined;
      return row && imageOfRow(row);
    },
    ringsOfStudy: (StudyInstanceUID: string): { ringId: string; studyKey: string }[] =>
      (ofStudy.all(StudyInstanceUID, own) as { ringId: string; studyKey: string }[]).map(({ ringId, studyKey }) => ({
        ringId,
        studyKey,
      })),
    studiesOf: (siteId: number, studyKeys: readonly string[]): Map<string, string> =>
      new Map(
        studyKeys.flatMap((studyKey) => {
          const found = studyOf.get(siteId, studyKey) as { uid: string } | undefined;
          return found ? [[studyKey, found.uid] as const] : [];
        }),
      ),
  };
}

function imageOfRow(row: LockedImageRow): LockedImage {
  const { siteId, ringId, studyKey, id, contract, imageId, body, announcedBodies, pages, sealedBlock } = row;
  return {
    ...{ siteId, ringId, studyKey, id, contract, imageId, body, announcedBodies, pages },
    announcedBlock: blockOf(id),
    sealedBlock: BigInt(sealedBlock),
  };
}
