import type { CatalogInstance } from '../catalog.js';
import { blockOf } from './chain-position.js';

/** The columns of `INSTANCE_COLUMNS`. */
export interface InstanceRow {
  id: number;
  contract: string;
  image_id: string;
  image_key: string;
  ring_id: string | null;
  study_key: string | null;
  patient_key: string;
  content_key: string;
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  SOPInstanceUID: string;
  SOPClassUID: string;
  site_id: number;
  transfer_syntax_uid: string;
  media_type: string;
  byte_count: number;
  sha256: string;
  file_name: string | null;
  announced_at: number;
  sealed_block: number | null;
  sealed_at: number | null;
  removed_at: number | null;
  retired_reason: string | null;
  standing: string;
  is_verified: number;
  is_retirement_held: number;
  own: string;
}

/** Of an instance `i` in its series `r` and study `s`. */
export const INSTANCE_COLUMNS = `
  i.id, i.contract, i.image_id, coalesce(i.image_key, i.image_id) AS image_key, i.ring_id, i.study_key,
  i.patient_key, i.content_key, s.StudyInstanceUID, r.SeriesInstanceUID, i.SOPInstanceUID,
  i.SOPClassUID, i.site_id, i.transfer_syntax_uid, i.media_type, i.byte_count, i.sha256, i.file_name, i.announced_at,
  i.sealed_block, i.sealed_at, CASE WHEN i.removed_as = 'retired' THEN i.removed_at END AS removed_at, i.retired_reason,
  i.standing, i.is_verified, i.is_retirement_held, i.own`;

export function toInstance(row: InstanceRow): CatalogInstance {
  let traits: CatalogInstance['instance'] | undefined;
  return {
    id: row.id,
    contract: row.contract,
    imageId: row.image_id,
    imageKey: row.image_key,
    patientKey: row.patient_key,
    ringId: row.ring_id ?? undefined,
    studyKey: row.study_key ?? undefined,
    contentKey: row.content_key,
    siteId: row.site_id,
    StudyInstanceUID: row.StudyInstanceUID,
    SeriesInstanceUID: row.SeriesInstanceUID,
    SOPInstanceUID: row.SOPInstanceUID,
    SOPClassUID: row.SOPClassUID,
    transferSyntaxUID: row.transfer_syntax_uid,
    mediaType: row.media_type,
    byteCount: row.byte_count,
    sha256: row.sha256,
    fileName: row.file_name ?? undefined,
    // Thousands of instances are looked at for few whose attributes are asked for, and those several times.
    get instance() {
      return (traits ??= JSON.parse(row.own) as CatalogInstance['instance']);
    },
    state: row.standing === 'retired' ? 'retired' : row.sealed_block === null ? 'announced' : 'sealed',
    isVerified: row.is_verified === 1,
    isRetirementHeld: row.is_retirement_held === 1,
    announcedAt: row.announced_at,
    sealedAt: row.sealed_at ?? undefined,
    retiredAt: row.removed_at ?? undefined,
    announcedBlock: blockOf(row.id),
    sealedBlock: row.sealed_block === null ? undefined : BigInt(row.sealed_block),
    retiredReason: row.retired_reason ?? undefined,
  };
}
