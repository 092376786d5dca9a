import type { AnnouncedImage } from '../change.js';

/** The row of an announcement, which is bare until it is read. */
export interface AnnouncedRow extends Pick<AnnouncedImage, 'siteId' | 'studyKey' | 'contentKey'> {
  id: number;
  /** What it is made of, when it was announced just now and is not in the table; `at` in seconds since 1970. */
  announced?: { image: AnnouncedImage; at: number };
}

/** The columns that a row has of its announcement, besides its id. */
export const ANNOUNCED_COLUMNS = [
  ...['contract', 'site_id', 'image_id', 'image_key', 'ring_id', 'study_key', 'patient_key', 'content_key'],
  ...['announced_at', 'announced_body'],
];

/** Their values. */
export function announcedValues({ image, at }: NonNullable<AnnouncedRow['announced']>): unknown[] {
  const { contract, siteId, imageId, imageKey, ringId, studyKey, patientKey, contentKey, body } = image;
  const key = imageKey === imageId ? null : imageKey;
  return [contract, siteId, imageId, key, ringId ?? null, studyKey ?? null, patientKey, contentKey, at, body];
}
