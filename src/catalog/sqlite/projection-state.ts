import type { ProjectedImage, ProjectionState } from '../catalog.js';
import type { Connection } from './database.js';
import { PRESENT } from './instances.js';

interface ImageRow extends Omit<ProjectedImage, 'state' | 'sealedBlock'> {
  sealed_block: number | null;
  removed_block: number | null;
}

/** Prepares the reading of the projection's state, from the file each time. */
export function prepareProjectionState(db: Connection): ProjectionState {
  const cursor = db.prepare('SELECT number, hash FROM block ORDER BY number DESC LIMIT 1');
  const hashAt = db.prepare('SELECT hash FROM block WHERE number = ?');
  const image = db.prepare(`
    SELECT s.StudyInstanceUID, r.SeriesInstanceUID, i.SOPInstanceUID, i.SOPClassUID,
      i.transfer_syntax_uid AS transferSyntaxUID, i.media_type AS mediaType, i.sha256,
      i.data_set_sha256 AS dataSetSha256, i.sealed_block, i.removed_block
    FROM instance i JOIN series r ON r.id = i.series_id JOIN study s ON s.id = r.study_id
    WHERE i.image_key = ? AND i.${PRESENT}`);
  // Of one key there is one announcement at a time: this one is there still, or was withdrawn after the block.
  const announcedBody = db.prepare(`
    SELECT announced_body AS body FROM instance WHERE image_key = ?1 AND announced_block <= ?2 AND ${PRESENT}
    UNION ALL
    SELECT announced_body AS body FROM instance INDEXED BY instance_removed_block
    WHERE removed_block > ?2 AND image_key = ?1 AND announced_block <= ?2 AND removed_as = 'withdrawn'
    LIMIT 1`);
  return {
    cursor: () => {
      const row = cursor.get() as { number: number; hash: string } | undefined;
      return row && { number: BigInt(row.number), hash: row.hash };
    },
    hashAt: (number) => (hashAt.get(Number(number)) as { hash: string } | undefined)?.hash,
    image: (imageKey) => {
      const row = image.get(imageKey) as ImageRow | undefined;
      if (!row) return undefined;
      const { sealed_block: sealed, removed_block: removed } = row;
      return {
        StudyInstanceUID: row.StudyInstanceUID,
        SeriesInstanceUID: row.SeriesInstanceUID,
        SOPInstanceUID: row.SOPInstanceUID,
        SOPClassUID: row.SOPClassUID,
        transferSyntaxUID: row.transferSyntaxUID,
        mediaType: row.mediaType,
        sha256: row.sha256,
        dataSetSha256: row.dataSetSha256,
        state: removed !== null ? 'retired' : sealed === null ? 'announced' : 'sealed',
        sealedBlock: sealed === null ? undefined : BigInt(sealed),
      };
    },
    announcedBody: (imageKey, at) => (announcedBody.get(imageKey, Number(at)) as { body: string } | undefined)?.body,
  };
}
