import type { KeyHolder, OwnImage, ProjectedImage, ProjectionState } from '../catalog.js';
import type { Connection } from './database.js';
import { compareSites, type SiteRules } from './site-rules.js';

/** Sealed instances of other sites that are in answers and that nobody has verified. */
export const UNVERIFIED = "is_verified = 0 AND standing = 'listed' AND sealed_block IS NOT NULL";

interface ImageRow extends Omit<ProjectedImage, 'state' | 'sealedBlock' | 'isVerified'> {
  isVerified: number;
  standing: string;
  sealed_block: number | null;
}

interface OwnRow extends ImageRow, Pick<OwnImage, 'contract' | 'imageId'> {
  quarantine: OwnImage['hidden'] | null;
  removed_block: number | null;
}

interface HolderRow {
  siteId: number;
  reading: KeyHolder['hidden'] | null;
  quarantine: KeyHolder['hidden'] | null;
  is_dismissed: number;
  sealed_block: number | null;
  removed_block: number | null;
  standing: string;
}

/** The state, each of whose answers goes through `guarded`. */
export function guardedState(
  state: ProjectionState,
  guarded: <A extends unknown[], R>(work: (...parameters: A) => R) => (...parameters: A) => R,
): ProjectionState {
  return {
    cursor: guarded(() => state.cursor()),
    hashAt: guarded((number: bigint) => state.hashAt(number)),
    image: guarded((imageId: string) => state.image(imageId)),
    holder: guarded((imageId: string) => state.holder(imageId)),
    own: guarded((SOPInstanceUID: string) => state.own(SOPInstanceUID)),
    isRead: guarded((contentKey: string) => state.isRead(contentKey)),
    backlog: guarded(() => state.backlog()),
  };
}

/** Prepares the reading of the projection's state, from the file each time. */
export function prepareProjectionState(db: Connection, rules: SiteRules): ProjectionState {
  const compare = compareSites(rules);
  const cursor = db.prepare('SELECT number, hash FROM block ORDER BY number DESC LIMIT 1');
  const hashAt = db.prepare('SELECT hash FROM block WHERE number = ?');
  const ofKey = "INDEXED BY instance_image_id WHERE i.image_id = ? AND i.removed_as IS NOT 'withdrawn'";
  const columns = `s.StudyInstanceUID, r.SeriesInstanceUID, i.SOPInstanceUID, i.SOPClassUID,
      i.transfer_syntax_uid AS transferSyntaxUID, i.media_type AS mediaType, i.sha256,
      i.data_set_sha256 AS dataSetSha256, i.content_key AS contentKey, i.site_id AS siteId, i.is_verified AS isVerified, i.standing, i.sealed_block`;
  const image = db.prepare(`
    SELECT ${columns}
    FROM (SELECT * FROM instance i ${ofKey}) i JOIN series r ON r.id = i.series_id JOIN study s ON s.id = r.study_id
    WHERE i.standing <> 'hidden' ORDER BY i.id`);
  const own = db.prepare(`
    SELECT ${columns}, i.contract, i.image_id AS imageId, i.removed_block, i.quarantine
    FROM instance i INDEXED BY instance_uid JOIN series r ON r.id = i.series_id JOIN study s ON s.id = r.study_id
    WHERE i.SOPInstanceUID = ? AND i.site_id = ? AND i.removed_as IS NOT 'withdrawn' ORDER BY i.standing = 'hidden', i.id LIMIT 1`);
  const holder = db.prepare(`
    SELECT i.site_id AS siteId, i.reading, i.quarantine, i.is_dismissed, i.sealed_block, i.removed_block, i.standing
    FROM instance i ${ofKey} ORDER BY i.id DESC LIMIT 1`);
  const isRead = db.prepare('SELECT 1 FROM instance WHERE content_key = ? AND reading IS NULL LIMIT 1');
  const waiting = db.prepare(
    "SELECT count(*) AS count FROM instance INDEXED BY instance_waiting WHERE reading = 'waiting'",
  );
  const unverified = db.prepare(`
    SELECT count(*) AS unverified, min(sealed_at) AS since FROM instance INDEXED BY instance_unverified WHERE ${UNVERIFIED}`);
  return {
    cursor: () => {
      const row = cursor.get() as { number: number; hash: string } | undefined;
      return row && { number: BigInt(row.number), hash: row.hash };
    },
    hashAt: (number) => (hashAt.get(Number(number)) as { hash: string } | undefined)?.hash,
    image: (imageId) => {
      const rows = image.all(imageId) as ImageRow[];
      const [row] = rows.sort((a, b) => compare(a.siteId, b.siteId));
      return row && projectedImage(row, row.standing === 'retired');
    },
    own: (SOPInstanceUID) => {
      const row = own.get(SOPInstanceUID, rules.siteId) as OwnRow | undefined;
      if (!row) return undefined;
      const { contract, imageId, quarantine } = row;
      return { ...projectedImage(row, isRetired(row)), contract, imageId, hidden: quarantine ?? undefined };
    },
    holder: (imageId) => {
      const row = holder.get(imageId) as HolderRow | undefined;
      if (!row) return undefined;
      return {
        siteId: row.siteId,
        state: stateOf(isRetired(row), row.sealed_block),
        hidden: row.quarantine ?? row.reading ?? (row.is_dismissed === 1 ? 'dismissed' : undefined),
      };
    },
    isRead: (contentKey) => isRead.get(contentKey) !== undefined,
    backlog: () => {
      const row = unverified.get() as { unverified: number; since: number | null };
      return {
        waiting: (waiting.get() as { count: number }).count,
        unverified: row.unverified,
        unverifiedSince: row.since ?? undefined,
      };
    },
  };
}

const stateOf = (isRetired: boolean, sealed: number | null) =>
  isRetired ? 'retired' : sealed === null ? 'announced' : 'sealed';

/** What is listed though it was retired is one of too many; nobody has let it have effect. */
const isRetired = (row: Pick<HolderRow, 'removed_block' | 'standing'>): boolean =>
  row.removed_block !== null && row.standing !== 'listed';

const projectedImage = (row: ImageRow, hasEnded: boolean): ProjectedImage => ({
  siteId: row.siteId,
  StudyInstanceUID: row.StudyInstanceUID,
  SeriesInstanceUID: row.SeriesInstanceUID,
  SOPInstanceUID: row.SOPInstanceUID,
  SOPClassUID: row.SOPClassUID,
  transferSyntaxUID: row.transferSyntaxUID,
  mediaType: row.mediaType,
  sha256: row.sha256,
  dataSetSha256: row.dataSetSha256,
  contentKey: row.contentKey,
  isVerified: row.isVerified === 1,
  state: stateOf(hasEnded, row.sealed_block),
  sealedBlock: row.sealed_block === null ? undefined : BigInt(row.sealed_block),
});
