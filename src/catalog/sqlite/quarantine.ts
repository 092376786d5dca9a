import type { Catalog, QuarantinedImage } from '../catalog.js';
import type { Connection } from './database.js';
import { OTHER_SPEAKER } from './issuers.js';
import { STOPPED } from './receive.js';
import { OTHER_STUDY } from './study-keys.js';

interface Row extends Pick<
  QuarantinedImage,
  'id' | 'siteId' | 'contract' | 'imageId' | 'contentKey' | 'reason' | 'announcedAt'
> {
  detail: string | null;
  removed_as: 'withdrawn' | 'retired' | null;
  sealed_block: number | null;
  StudyInstanceUID: string | null;
  SOPInstanceUID: string | null;
  is_refused: number | null;
}

/** Of what is found wrong here, without anybody's word. */
const DETAILS: Partial<Record<string, string>> = {
  'stopped-the-server': STOPPED,
  'study-key': OTHER_STUDY,
  'foreign-issuer': OTHER_SPEAKER,
};

/** Prepares the list of what is kept from all answers, and what an admin says of it. */
export function prepareQuarantine(db: Connection, settleContent: (contentKey: string) => void) {
  const list = (site: string) =>
    db.prepare(`
      SELECT i.id, i.site_id AS siteId, i.contract, i.image_id AS imageId, i.content_key AS contentKey,
        i.quarantine AS reason, coalesce(i.reading_detail, CASE WHEN c.stopped_while IS NULL THEN c.detail END) AS detail, i.removed_as, i.sealed_block,
        i.announced_at AS announcedAt, s.StudyInstanceUID, i.SOPInstanceUID, c.is_refused
      FROM instance i INDEXED BY instance_quarantine LEFT JOIN series r ON r.id = i.series_id
        LEFT JOIN study s ON s.id = r.study_id LEFT JOIN annotations.content c ON c.content_key = i.content_key
      WHERE i.quarantine IS NOT NULL AND i.id < ? ${site} ORDER BY i.id DESC LIMIT ?`);
  const [ofAll, ofSite] = [list(''), list('AND i.site_id = ?')];
  const first = db.prepare(`
    SELECT quarantine AS reason, reading_detail AS detail FROM instance
    WHERE content_key = ? AND quarantine IS NOT NULL ORDER BY id LIMIT 1`);
  const release = db.prepare(`
    INSERT INTO annotations.content AS c (content_key, fault, detail, is_released, decided_by, decided_at) VALUES (?, ?, ?, 1, ?, ?)
    ON CONFLICT (content_key) DO UPDATE SET is_released = 1, is_refused = 0, stopped_while = NULL,
      decided_by = excluded.decided_by, decided_at = excluded.decided_at`);
  const refuse = db.prepare(`
    INSERT INTO annotations.content AS c (content_key, fault, detail, is_refused, decided_by, decided_at) VALUES (?, ?, ?, 1, ?, ?)
    ON CONFLICT (content_key) DO UPDATE SET is_refused = 1, fault = coalesce(c.fault, excluded.fault), detail = coalesce(c.detail, excluded.detail),
      decided_by = excluded.decided_by, decided_at = excluded.decided_at`);
  const readAgain = db.prepare(`
    UPDATE instance SET reading = 'waiting', reading_detail = NULL, quarantine = NULL
    WHERE content_key = ? AND reading IS NOT NULL`);

  return {
    quarantined: ({
      limit,
      before = Number.MAX_SAFE_INTEGER,
      siteId,
    }: Parameters<Catalog['quarantined']>[0]): QuarantinedImage[] => {
      const rows = siteId === undefined ? ofAll.all(before, limit) : ofSite.all(before, siteId, limit);
      return (rows as Row[]).map((row) => ({
        id: row.id,
        siteId: row.siteId,
        contract: row.contract,
        imageId: row.imageId,
        contentKey: row.contentKey,
        reason: row.reason,
        detail: row.detail ?? DETAILS[row.reason] ?? '',
        state: row.removed_as ?? (row.sealed_block === null ? 'announced' : 'sealed'),
        announcedAt: row.announcedAt,
        StudyInstanceUID: row.StudyInstanceUID ?? undefined,
        SOPInstanceUID: row.SOPInstanceUID ?? undefined,
        isRefused: row.is_refused === 1,
      }));
    },
    decide: db.transaction((contentKey: string, { kind, by }: Parameters<Catalog['decide']>[1]): boolean => {
      const row = first.get(contentKey) as Pick<Row, 'reason' | 'detail'> | undefined;
      if (!row) return false;
      const decision = kind === 'released' ? release : refuse;
      decision.run(contentKey, row.reason, row.detail, by, Date.now());
      if (kind === 'released') readAgain.run(contentKey);
      settleContent(contentKey);
      return true;
    }),
  };
}
