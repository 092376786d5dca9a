import type { Catalog, LateReading, WaitingImage } from '../catalog.js';
import { blockOf } from './chain-position.js';
import type { Connection } from './database.js';
import type { AnnouncedRow } from './fill.js';
import type { Receive } from './receive.js';
import { oldestOfEachSite } from './oldest-of-each-site.js';

/** Prepares what is read after its announcement: which waits, what was begun, and what came of it. */
export function prepareReadings(db: Connection, receive: Receive) {
  const waiting = oldestOfEachSite<Omit<WaitingImage, 'isReleased' | 'announcedBlock'> & { isReleased: number }>(db, {
    columns: `i.id, i.contract, i.site_id AS siteId, i.image_id AS imageId, i.patient_key AS patientKey,
      i.content_key AS contentKey, i.announced_body AS body, i.announced_bodies AS announcedBodies,
      EXISTS (SELECT 1 FROM annotations.content c WHERE c.content_key = i.content_key AND c.is_released = 1)
        AS isReleased,
      coalesce((SELECT b.tries FROM begun b WHERE b.content_key = i.content_key), 0) AS tries`,
    index: 'instance_waiting',
    where: "i.reading = 'waiting'",
  });
  const begin = db.prepare(
    'INSERT INTO begun (content_key, tries) VALUES (?, 1) ON CONFLICT (content_key) DO UPDATE SET tries = begun.tries + 1',
  );
  const end = db.prepare('DELETE FROM begun WHERE content_key = ?');
  const wasReleased = db.prepare('SELECT 1 FROM annotations.content WHERE content_key = ? AND is_released = 1');
  const bare = db.prepare(`
    SELECT id, site_id AS siteId, patient_key AS patientKey, content_key AS contentKey FROM instance
    WHERE id = ? AND content_key = ? AND reading = 'waiting'`);
  return {
    waiting: (options: Parameters<Catalog['waiting']>[0]): WaitingImage[] =>
      waiting(options).map((row) => ({
        id: row.id,
        contract: row.contract,
        siteId: row.siteId,
        imageId: row.imageId,
        patientKey: row.patientKey,
        contentKey: row.contentKey,
        body: row.body,
        announcedBodies: row.announcedBodies,
        announcedBlock: blockOf(row.id),
        isReleased: row.isReleased === 1,
        tries: row.tries,
      })),
    begin: (contentKey: string): void => {
      begin.run(contentKey);
    },
    end: (contentKey: string): void => {
      end.run(contentKey);
    },
    read: db.transaction((readings: readonly LateReading[]): void => {
      for (const { id, contentKey, isReleased, reading } of readings) {
        end.run(contentKey);
        const row = bare.get(id, contentKey) as AnnouncedRow | undefined;
        // An admin may have released it while it was read: then it waits to be read as that.
        const isOutdated = reading.kind === 'quarantined' && !isReleased && wasReleased.get(contentKey) !== undefined;
        if (row && !isOutdated) receive(row, reading);
      }
    }),
  };
}
