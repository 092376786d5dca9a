import { LedgerError } from '../../base/errors.js';
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
  /** Whether instances that become smaller by it are compressed. */
  compresses: boolean;
  /** Headers that inflate to more are not stored (`MAX_HEADER_BYTES`): other sites would not read them. */
  maxHeaderBytes: number;
}

/**
 * Makes of a spooled part what the ledger takes: pseudonyms, header, preview, and the bytes, which are read from the spool file
 * as they are sent. Throws for a header that no catalogue could read.
 */
export async function prepareImage(
  { pseudonyms, pictures, settings }: PrepareImageDependencies,
  { part, content }: { part: SpooledPart; content: PartContent },
): Promise<ImageToStore> {
  const { bytes } = part;
  const { header, identity } = content;
  const [preview, { scheme, stored, changesLength }] = await Promise.all([
    pictures.preview(header, bytes),
    makeBody(bytes, settings.compresses ? COMPRESSED_SCHEME : undefined),
  ]);
  const imageKey = pseudonyms.imageKey(identity.SOPInstanceUID);
  const patientKey = pseudonyms.patientKey({
    PatientID: identity.PatientID,
    IssuerOfPatientID: identity.IssuerOfPatientID || settings.patientIdIssuer,
    StudyInstanceUID: identity.StudyInstanceUID,
  });
  return {
    imageId: imageKey,
    names: { release: 1, imageKey, patientKey },
    header: headerBody(settings, content, changesLength ? bytes.byteCount : undefined),
    preview,
    // SHA-256 of what was given: equal for equal objects, however they are compressed.
    instance: { ...stored, scheme, sha256: `0x${part.sha256}` },
  };
}

/**
 * The header body of an instance; `byteCount` where its body on the chain has another length than it. Throws for one that no catalogue
 * could read, `too-large` if it is that: announced, it would stay on the chain for ever, and no site would ever show it.
 */
export function headerBody(
  { patientIdIssuer, maxHeaderBytes }: ImageSettings,
  { header, identity }: PartContent,
  byteCount: number | undefined,
): Buffer {
  const body = encodeHeader({
    ...header,
    ...(byteCount !== undefined && { byteCount }),
    ...(!identity.IssuerOfPatientID && patientIdIssuer && { patientIdIssuer }),
  });
  try {
    readHeader(body, { maxBytes: maxHeaderBytes });
  } catch (cause) {
    if (!(cause instanceof LedgerError) || cause.code !== 'too-large') throw cause;
    throw new LedgerError(
      'too-large',
      `The header of the instance, which is all of it but its long values, has more than ${maxHeaderBytes} bytes, the most that sites read of one: split the object into several, or set MAX_HEADER_BYTES higher at every site.`,
      { cause },
    );
  }
  return body;
}
