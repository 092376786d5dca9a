import { createHash } from 'node:crypto';
import type { AnnouncedImage } from '../../catalog/change.js';
import type { Body, LedgerEvent } from '../../ledger/ledger.js';
import { bodyText } from '../body-text.js';

export type AnnouncedEvent = Extract<LedgerEvent, { kind: 'announced' }>;

/** An announcement as the catalogue keeps it, before anything of it is read. */
export function announcedImage(event: AnnouncedEvent): AnnouncedImage {
  const { contract, siteId, imageId, names, header, preview, instance } = event;
  const patientKey = String(names.patientKey);
  return {
    ...{ contract, siteId, imageId, patientKey, imageKey: imageId, ringId: undefined, studyKey: undefined },
    body: bodyText(instance),
    announcedBodies: bodyText([header, preview]),
    contentKey: contentKeyOf(event),
  };
}

/** Every member of an announcement goes in, each of a length that is fixed or said. */
function contentKeyOf({ contract, siteId, imageId, names, header, preview, instance }: AnnouncedEvent): string {
  const patientKey = String(names.patientKey);
  const said = [contract, siteId, imageId, patientKey, ...[header, preview, instance].map(bodyFacts)];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}

const bodyFacts = ({ scheme, byteCount, sha256, root, pieceBytes }: Body) => [
  scheme,
  byteCount,
  sha256,
  root,
  pieceBytes,
];
