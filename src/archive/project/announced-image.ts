import { createHash } from 'node:crypto';
import type { AnnouncedImage } from '../../catalog/change.js';
import type { Body, ImageNames, LedgerEvent } from '../../ledger/ledger.js';
import { bodyText } from '../body-text.js';

export type AnnouncedEvent = Extract<LedgerEvent, { kind: 'announced' }>;

/** An announcement as the catalogue keeps it, before anything of it is read. */
export function announcedImage(event: AnnouncedEvent): AnnouncedImage {
  const { contract, siteId, imageId, names, header, preview, instance } = event;
  return {
    ...{ contract, siteId, imageId },
    imageKey: names.imageKey,
    patientKey: String(names.patientKey),
    ringId: names.release === 1 ? undefined : names.ringId,
    studyKey: names.release === 1 ? undefined : String(names.studyKey),
    body: bodyText(instance),
    announcedBodies: bodyText([header, preview]),
    contentKey: contentKeyOf(event),
  };
}

/** Every member of an announcement goes in, each of a length that is fixed or said. */
function contentKeyOf({ contract, siteId, imageId, names, header, preview, instance }: AnnouncedEvent): string {
  const said = [contract, siteId, imageId, ...namesSaid(names), ...[header, preview, instance].map(bodyFacts)];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}

/** In release 1 the image key is the image ID; in release 2 that is made of it. */
function namesSaid(names: ImageNames): string[] {
  if (names.release === 1) return [names.patientKey];
  const { ringId, studyKey, patientKey } = names;
  return [ringId, String(studyKey), String(patientKey)];
}

const bodyFacts = ({ scheme, byteCount, sha256, root, pieceBytes }: Body) => [
  scheme,
  byteCount,
  sha256,
  root,
  pieceBytes,
];
