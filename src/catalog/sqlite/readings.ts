import type { Catalog, LateReading, WaitingImage } from '../catalog.js';
import { blockOf } from './chain-position.js';
import type { Connection } from './database.js';
import type { Receive } from './receive.js';
import { oldestOfEachSite } from './oldest-of-each-site.js';

type WaitingRow = Omit<WaitingImage, 'isReleased' | 'announcedBlock' | 'ringId' | 'studyKey'> & {
  isReleased: number;
  ringId: string | null;
  studyKey: string | null;
};

/** Prepares what is read after its announcement: which waits, what was begun, and what came of it. */
export function prepareReadings(db: Connection, receive: Receive) {
  const waiting = oldestOfEachSite<WaitingRow>(db, {
    columns: `i.id, i.contract, i.site_id AS siteId, i.image_id AS imageId,
      coalesce(i.image_key, i.image_id) AS imageKey, i.ring_id AS ringId, i.study_key AS studyKey, i.patient_key AS patientKey,
      i.content_key AS contentKey, i.announced_body AS body, i.announced_bodies AS announcedBodies,
      EXISTS (SELECT 1 FROM annotations.content c WHERE c.content_key = i.content_key AND c.is_released = 1)
        AS isReleased,
      (SELECT u.times FROM unlocking u) AS unlockCount,
      coalesce((SELECT b.tries FROM begun b WHERE b.content_key = i.content_key), 0) AS tries`,
    index: 'instance_waiting',
    where: "i.reading = 'waiting'",
  });
  const begin = db.prepare(
    'INSERT INTO begun (content_key, tries) VALUES (?, 1) ON CONFLICT (content_key) DO UPDATE SET tries = begun.tries + 1',
  );
  const end = db.prepare('DELETE FROM begun WHERE content_key = ?');
  const wasReleased = db.prepare('SELECT 1 FROM annotations.content WHERE content_key = ? AND is_released = 1');
  const unlockTimes = db.prepare('SELECT times FROM unlocking');
  const countUnlock = db.prepare('UPDATE unlocking SET times = times + 1');
  const ofKeys =
    "UPDATE instance INDEXED BY instance_locked SET reading = 'waiting' WHERE reading = 'locked' AND site_id = ? AND ring_id = ?";
  const unlockRing = db.prepare(ofKeys);
  const unlockStudy = db.prepare(`${ofKeys} AND study_key = ?`);
  const bare = db.prepare(`
    SELECT site_id AS siteId, study_key AS studyKey FROM instance
    WHERE id = ? AND content_key = ? AND reading = 'waiting'`);
  return {
    waiting: (options: Parameters<Catalog['waiting']>[0]): WaitingImage[] =>
      waiting(options).map((row) => ({
        id: row.id,
        contract: row.contract,
        siteId: row.siteId,
        imageId: row.imageId,
        imageKey: row.imageKey,
        patientKey: row.patientKey,
        ringId: row.ringId ?? undefined,
        studyKey: row.studyKey ?? undefined,
        contentKey: row.contentKey,
        body: row.body,
        announcedBodies: row.announcedBodies,
        announcedBlock: blockOf(row.id),
        isReleased: row.isReleased === 1,
        tries: row.tries,
        unlockCount: row.unlockCount,
      })),
    begin: (contentKey: string): void => {
      begin.run(contentKey);
    },
    end: (contentKey: string): void => {
      end.run(contentKey);
    },
    unlock: db.transaction(({ siteId, ringId, studyKey }: Parameters<Catalog['unlock']>[0]): void => {
      countUnlock.run();
      if (studyKey === undefined) unlockRing.run(siteId, ringId);
      else unlockStudy.run(siteId, ringId, studyKey);
    }),
    read: db.transaction((readings: readonly LateReading[]): void => {
      const { times } = unlockTimes.get() as { times: number };
      for (const { id, contentKey, isReleased, unlockCount, reading } of readings) {
        end.run(contentKey);
        const row = bare.get(id, contentKey) as { siteId: number; studyKey: string | null } | undefined;
        // An admin may have released it while it was read: then it waits to be read as that.
        const isNotReleased =
          reading.kind === 'quarantined' && !isReleased && wasReleased.get(contentKey) !== undefined;
        const isOutdated = isNotReleased || (reading.kind === 'locked' && unlockCount !== times);
        if (row && !isOutdated)
          receive({ id, siteId: row.siteId, studyKey: row.studyKey ?? undefined, contentKey }, reading);
      }
    }),
  };
}
