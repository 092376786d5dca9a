import { LedgerError } from '../../base/errors.js';
import type { AnnouncedImage, InstanceRecord, QuarantineReason, Reading } from '../../catalog/change.js';
import type { HeaderReader, ReadHeader } from '../../dicom/metadata/open-header-reader.js';
import type { Body, Ledger, Since } from '../../ledger/ledger.js';
import { BODY_CODINGS } from '../../pieces/body-codings.js';
import type { PartMediaType } from '../archive.js';
import { bodyOfTexts, headerAndPreviewOfText } from '../body-text.js';
import type { Pseudonyms } from '../pseudonyms.js';
import type { Issuers } from './issuers.js';

export interface ReadAnnouncementDependencies {
  ledger: Pick<Ledger, 'readBody' | 'siteId'>;
  headers: HeaderReader;
  pseudonyms: Pseudonyms;
  issuers: Issuers;
}

/** More than a preview ever has. */
const MAX_PREVIEW_BYTES = 30_720;

export interface ReadOptions {
  /** An admin has let it out of the quarantine. */
  isReleased: boolean;
  /** The announcement: from there on, its code was there. */
  since: Since;
}

/** What was read of an announcement: it is in the end either this or that. */
export type FinishedReading = Exclude<Reading, { kind: 'waiting' }>;

/**
 * Reads what was announced, and holds it against its keys. What is wrong with it is a value, so that every site and every rebuild
 * comes to the same. Of what an admin has released, only what makes it unreadable counts. Rejects with `unavailable`, or `corrupt` that is
 * retryable, when the bytes cannot be had now.
 */
export async function readAnnouncement(
  dependencies: ReadAnnouncementDependencies,
  image: AnnouncedImage,
  { isReleased, since }: ReadOptions,
): Promise<FinishedReading> {
  const { ledger, headers } = dependencies;
  const bodies = headerAndPreviewOfText(image.announcedBodies);
  const { header, preview } = bodies;
  // Said in the announcement, so that nothing has to be read for it.
  if (header.byteCount > headers.maxBytes)
    return quarantined(
      'too-large',
      `The header has ${header.byteCount} bytes; MAX_HEADER_BYTES is ${headers.maxBytes}.`,
    );
  const readsPreview = preview.byteCount <= MAX_PREVIEW_BYTES;
  if (!readsPreview && !isReleased)
    return quarantined('preview', `The preview has ${preview.byteCount} bytes; at most ${MAX_PREVIEW_BYTES} are read.`);
  try {
    const [headerBytes, previewBytes] = await Promise.all([
      ledger.readBody(header, since),
      readsPreview ? ledger.readBody(preview, since) : (Buffer.alloc(0) as Buffer),
    ]);
    const bytes = { header: headerBytes, preview: previewBytes };
    const read = await headers.read(bytes, { isForeign: image.siteId !== ledger.siteId });
    const record = recordOf(read, {
      bytes,
      instance: bodyOfTexts({ body: image.body, pages: undefined }),
      issuer: issuerOf(dependencies, { image, read }) ?? namedIssuer(read),
    });
    const fault = faultOf(dependencies, { image, read, isReleased });
    if (fault) return fault;
    return { kind: 'read', record: read.isPreviewPicture ? record : { ...record, preview: Buffer.alloc(0) } };
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    return quarantined(reason, (error as Error).message);
  }
}

function quarantined(reason: QuarantineReason, detail: string): FinishedReading {
  return { kind: 'quarantined', reason, detail };
}

/** Undefined when asking again may help. */
function reasonOf(error: unknown): QuarantineReason | undefined {
  if (!(error instanceof LedgerError) || error.retryable) return undefined;
  if (error.code === 'too-large') return error.details.reason === 'timed-out' ? 'timed-out' : 'too-large';
  return error.code === 'corrupt' || error.code === 'not-implemented' ? 'unreadable' : undefined;
}

/** What a header that can be read says against its announcement. */
function faultOf(
  dependencies: ReadAnnouncementDependencies,
  { image, read, isReleased }: { image: AnnouncedImage; read: ReadHeader; isReleased: boolean },
): FinishedReading | undefined {
  const { ledger, pseudonyms, issuers } = dependencies;
  const { identity } = read;
  const { SOPInstanceUID } = identity;
  if (pseudonyms.imageKey(SOPInstanceUID) !== image.imageId)
    return quarantined(
      'image-key',
      `The header is of instance ${SOPInstanceUID}, which has another image key, or was made under another consortium key.`,
    );
  if (isReleased) return undefined;
  const IssuerOfPatientID = issuerOf(dependencies, { image, read });
  // Of itself a site believes what an earlier release of it did not say.
  const isToldNothing = image.siteId === ledger.siteId && namedIssuer(read) === '';
  if (IssuerOfPatientID === undefined && !isToldNothing)
    return quarantined(
      'patient-key',
      `The header of instance ${SOPInstanceUID} names a patient who has another patient key.`,
    );
  const speaker = IssuerOfPatientID && issuers.siteOf(IssuerOfPatientID);
  if (speaker && speaker !== image.siteId && image.siteId !== ledger.siteId)
    return quarantined(
      'foreign-issuer',
      `Instance ${SOPInstanceUID} names an issuer of patient IDs for which site ${speaker} speaks.`,
    );
  if (!read.isPreviewPicture) return quarantined('preview', `The preview of instance ${SOPInstanceUID} is no picture.`);
  return undefined;
}

/** Empty for none. */
const namedIssuer = ({ identity, patientIdIssuer }: ReadHeader): string =>
  identity.IssuerOfPatientID || (patientIdIssuer ?? '');

/** By which issuer the patient key was made; undefined when it is that of another patient. In release 2 the key says nothing of either. */
function issuerOf(
  { pseudonyms, issuers }: ReadAnnouncementDependencies,
  { image, read }: { image: AnnouncedImage; read: ReadHeader },
): string | undefined {
  const { PatientID, StudyInstanceUID } = read.identity;
  const named = namedIssuer(read);
  if (image.studyKey !== undefined) return named;
  return (named === '' ? ['', ...issuers.of(image.siteId)] : [named]).find(
    (IssuerOfPatientID) =>
      pseudonyms.patientKey({ PatientID, IssuerOfPatientID, StudyInstanceUID }) === image.patientKey,
  );
}

function recordOf(
  read: ReadHeader,
  { bytes, instance, issuer }: { bytes: { header: Buffer; preview: Buffer }; instance: Body; issuer: string },
): InstanceRecord {
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SOPClassUID } = read.identity;
  return {
    ...{ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SOPClassUID },
    transferSyntaxUID: read.transferSyntaxUID,
    mediaType: mediaTypeOf(read.source),
    byteCount: byteCountOf(read, instance),
    sha256: instance.sha256.slice(2),
    dataSetSha256: read.dataSetSha256,
    issuer,
    fileName: read.fileName,
    ...read.levels,
    metadata: read.metadata,
    ...bytes,
  };
}

/** Bytes of the instance as it was given, whatever lies on the chain. */
function byteCountOf({ byteCount }: ReadHeader, body: Body): number {
  if (!BODY_CODINGS[body.scheme]?.changesLength) return body.byteCount;
  if (byteCount !== undefined) return byteCount;
  throw new LedgerError('corrupt', 'The header of a compressed instance does not say how many bytes it has.');
}

/** What the stored bytes are. */
function mediaTypeOf(source: ReadHeader['source']): PartMediaType {
  return source === 'part10' ? 'application/dicom' : source;
}
