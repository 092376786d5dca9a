import { encodeHeader } from '../../dicom/metadata/encode-header.js';
import { readHeader } from '../../dicom/metadata/read-header.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import type { ImageToStore } from '../../ledger/ledger.js';
import { COMPRESSED_SCHEME, makeBody } from '../../pieces/body-codings.js';
import type { Pseudonyms } from '../pseudonyms.js';
import type { PartContent } from './read-part.js';
import type { SpooledPart } from './spool.js';

export interface PrepareImageDependencies {
  pseudonyms: Pseudonyms;
  pictures: PictureWorkers;
  settings: ImageSettings;
}

export interface ImageSettings {
  /** Of instances that name no Issuer of Patient ID (0010,0021) themselves. */
  patientIdIssuer: string;
  /** Headers that inflate to more are read by no site. */
  maxHeaderBytes: number;
  /** Whether instances that become smaller by it are compressed. */
  compresses: boolean;
}

/**
 * Makes of a spooled part what the ledger takes: pseudonyms, header, preview, and the bytes, which are read from the spool file
 * as they are sent. Throws for a header that no catalogue could read.
 */
export async function prepareImage(
  { pseudonyms, pictures, settings }: PrepareImageDependencies,
  { part, content: { header, identity } }: { part: SpooledPart; content: PartContent },
): Promise<ImageToStore> {
  const { bytes } = part;
  const [preview, { scheme, stored, changesLength }] = await Promise.all([
    pictures.preview(header, bytes),
    makeBody(bytes, settings.compresses ? COMPRESSED_SCHEME : undefined),
  ]);
  const headerBytes = encodeHeader({
    ...header,
    ...(changesLength && { byteCount: bytes.byteCount }),
    ...(!identity.IssuerOfPatientID && settings.patientIdIssuer && { patientIdIssuer: settings.patientIdIssuer }),
  });
  readHeader(headerBytes, { maxBytes: settings.maxHeaderBytes });
  return {
    imageKey: pseudonyms.imageKey(identity.SOPInstanceUID),
    patientKey: pseudonyms.patientKey({
      PatientID: identity.PatientID,
      IssuerOfPatientID: identity.IssuerOfPatientID || settings.patientIdIssuer,
      StudyInstanceUID: identity.StudyInstanceUID,
    }),
    header: headerBytes,
    preview,
    // SHA-256 of what was given: equal for equal objects, however they are compressed.
    instance: { ...stored, scheme, sha256: `0x${part.sha256}` },
  };
}
