import { LedgerError } from '../../base/errors.js';
import type { AnnouncedImage, InstanceRecord, QuarantineReason, Reading } from '../../catalog/change.js';
import { isUid } from '../../dicom/data-set/validate.js';
import type { HeaderReader, ReadHeader } from '../../dicom/metadata/open-header-reader.js';
import type { Body, Ledger, Since } from '../../ledger/ledger.js';
import { BODY_CODINGS } from '../../pieces/body-codings.js';
import type { PartMediaType } from '../archive.js';
import { bodyOfTexts, headerAndPreviewOfText } from '../body-text.js';
import type { Pseudonyms } from '../pseudonyms.js';
import { openedSmallBodies, requireContent, requireForms, type SmallBodies } from '../secrecy/opened-small-bodies.js';
import { type BodySecrets, encryptedImageOf, type ImageSecrets } from '../secrecy/body-secrets.js';
import { isOtherKey } from '../secrecy/other-key.js';
import { encryptedSmallBodyBytes } from '../secrecy/small-body.js';
import { issuerHashOf } from './issuer-hash.js';
import type { Issuers } from './issuers.js';

export interface ReadAnnouncementDependencies {
  ledger: Pick<Ledger, 'readBody' | 'siteId'>;
  headers: HeaderReader;
  secrets: BodySecrets;
  /** Undefined where no contract of release 1 is read. */
  pseudonyms: Pseudonyms | undefined;
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
export type FinishedReading = Exclude<Reading, { kind: 'waiting' }> | { kind: 'locked' };

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
  const encrypted = encryptedImageOf(image);
  const secrets = encrypted && dependencies.secrets.of(encrypted);
  if (encrypted && !secrets) return { kind: 'locked' };
  const { header, preview } = headerAndPreviewOfText(image.announcedBodies);
  const instance = bodyOfTexts({ body: image.body, pages: undefined });
  // Said in the announcement, so that nothing has to be read for it.
  const mostBytes = (content: number): number => (encrypted ? encryptedSmallBodyBytes(content) : content);
  if (header.byteCount > mostBytes(headers.maxBytes))
    return quarantined(
      'too-large',
      `The header has ${header.byteCount} bytes; MAX_HEADER_BYTES is ${headers.maxBytes}.`,
    );
  const readsPreview = preview.byteCount <= mostBytes(MAX_PREVIEW_BYTES);
  if (!readsPreview && !isReleased)
    return quarantined('preview', `The preview has ${preview.byteCount} bytes; at most ${MAX_PREVIEW_BYTES} are read.`);
  try {
    requireForms({ header, preview, instance }, { isEncrypted: encrypted !== undefined });
    const [headerBytes, previewBytes] = await Promise.all([
      ledger.readBody(header, since),
      readsPreview ? ledger.readBody(preview, since) : (Buffer.alloc(0) as Buffer),
    ]);
    const announced = { header: headerBytes, preview: previewBytes };
    const bytes = secrets ? openedSmallBodies(secrets, announced) : announced;
    const read = await headers.read(bytes, { isForeign: image.siteId !== ledger.siteId });
    const content = secrets ? requireContent(read, instance) : plainContent(read, instance);
    const fault = secrets
      ? faultOfEncrypted({ image, secrets, read, isReleased })
      : faultOfPlain(dependencies, { image, read, isReleased });
    if (fault) return fault;
    const issuer = issuerOf(dependencies, { image, read }) ?? namedIssuer(read);
    const record = recordOf(read, { bytes, content, issuer });
    return { kind: 'read', record: read.isPreviewPicture ? record : { ...record, preview: Buffer.alloc(0) } };
  } catch (error) {
    // A later letter may bring the right key. This site's own keys are those of its bodies, or these are none.
    if (isOtherKey(error) && image.siteId !== ledger.siteId) return { kind: 'locked' };
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    return quarantined(reason, (error as Error).message);
  }
}

type Quarantined = Extract<Reading, { kind: 'quarantined' }>;

function quarantined(reason: QuarantineReason, detail: string): Quarantined {
  return { kind: 'quarantined', reason, detail };
}

/** Undefined when asking again may help. */
function reasonOf(error: unknown): QuarantineReason | undefined {
  if (!(error instanceof LedgerError) || error.retryable) return undefined;
  if (error.code === 'too-large') return error.details.reason === 'timed-out' ? 'timed-out' : 'too-large';
  return error.code === 'corrupt' || error.code === 'not-implemented' ? 'unreadable' : undefined;
}

/** What a header that can be read says against an announcement of release 2. Who speaks for its patient's issuer is for the catalogue to know. */
function faultOfEncrypted({
  image,
  secrets,
  read,
  isReleased,
}: FaultSought & { secrets: ImageSecrets }): Quarantined | undefined {
  const { SOPInstanceUID } = read.identity;
  if (!isUid(SOPInstanceUID) || secrets.imageKeyOf(SOPInstanceUID) !== encryptedImageOf(image)?.imageKey)
    return quarantined('image-key', 'The header is of an instance that has another image key.');
  return isReleased ? undefined : previewFault(read);
}

function ofRelease1({ pseudonyms }: ReadAnnouncementDependencies): Pseudonyms {
  if (pseudonyms) return pseudonyms;
  throw new LedgerError('internal', 'An image of release 1 was announced, though no contract of release 1 is read.');
}

interface FaultSought {
  image: AnnouncedImage;
  read: ReadHeader;
  isReleased: boolean;
}

/** What a header that can be read says against an announcement of release 1. */
function faultOfPlain(
  dependencies: ReadAnnouncementDependencies,
  { image, read, isReleased }: FaultSought,
): Quarantined | undefined {
  const { ledger, issuers } = dependencies;
  const { SOPInstanceUID } = read.identity;
  if (ofRelease1(dependencies).imageKey(SOPInstanceUID) !== image.imageId)
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
  const speaker = issuers.siteOf(IssuerOfPatientID ?? '');
  return (image.siteId === ledger.siteId ? undefined : foreignIssuer(image, read, speaker)) ?? previewFault(read);
}

/** Empty for none. */
const namedIssuer = ({ identity, patientIdIssuer }: ReadHeader): string =>
  identity.IssuerOfPatientID || (patientIdIssuer ?? '');

/** By which issuer the patient key was made; undefined when it is that of another patient. In release 2 the key says nothing of either. */
function issuerOf(
  dependencies: ReadAnnouncementDependencies,
  { image, read }: { image: AnnouncedImage; read: ReadHeader },
): string | undefined {
  const { PatientID, StudyInstanceUID } = read.identity;
  const named = namedIssuer(read);
  if (image.studyKey !== undefined) return named;
  const pseudonyms = ofRelease1(dependencies);
  return (named === '' ? ['', ...dependencies.issuers.of(image.siteId)] : [named]).find(
    (IssuerOfPatientID) =>
      pseudonyms.patientKey({ PatientID, IssuerOfPatientID, StudyInstanceUID }) === image.patientKey,
  );
}

/** @param speaker Which site speaks for the issuer that the header names, if any does. */
function foreignIssuer(
  { siteId }: AnnouncedImage,
  { identity }: ReadHeader,
  speaker: number | undefined,
): Quarantined | undefined {
  if (speaker === undefined || speaker === siteId) return undefined;
  return quarantined(
    'foreign-issuer',
    `Instance ${identity.SOPInstanceUID} names an issuer of patient IDs for which site ${speaker} speaks.`,
  );
}

function previewFault({ identity, isPreviewPicture }: ReadHeader): Quarantined | undefined {
  if (isPreviewPicture) return undefined;
  return quarantined('preview', `The preview of instance ${identity.SOPInstanceUID} is no picture.`);
}

/** Bytes and SHA-256 (hex) of an instance as it was given. */
interface GivenContent {
  byteCount: number;
  sha256: string;
}

function recordOf(
  read: ReadHeader,
  { bytes, content, issuer }: { bytes: SmallBodies; content: GivenContent; issuer: string },
): InstanceRecord {
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SOPClassUID } = read.identity;
  return {
    ...{ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SOPClassUID },
    transferSyntaxUID: read.transferSyntaxUID,
    mediaType: mediaTypeOf(read.source),
    ...content,
    dataSetSha256: read.dataSetSha256,
    issuer,
    issuerHash: issuer === '' ? undefined : issuerHashOf(issuer),
    fileName: read.fileName,
    ...read.levels,
    metadata: read.metadata,
    ...bytes,
  };
}

/** In release 1, whatever lies on the chain. */
function plainContent({ byteCount }: ReadHeader, body: Body): GivenContent {
  const sha256 = body.sha256.slice(2);
  if (!BODY_CODINGS[body.scheme]?.changesLength) return { byteCount: body.byteCount, sha256 };
  if (byteCount !== undefined) return { byteCount, sha256 };
  throw new LedgerError('corrupt', 'The header of a compressed instance does not say how many bytes it has.');
}

/** What the stored bytes are. */
function mediaTypeOf(source: ReadHeader['source']): PartMediaType {
  return source === 'part10' ? 'application/dicom' : source;
}
