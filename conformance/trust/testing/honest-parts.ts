import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { Pseudonyms } from '../../../src/archive/pseudonyms.js';
import { prepareImage } from '../../../src/archive/store/prepare-image.js';
import type { SpooledPart } from '../../../src/archive/store/spool.js';
import { bufferSource } from '../../../src/base/byte-source.js';
import { scanPart10 } from '../../../src/dicom/part10/part10.js';
import { openPictureWorkers, type PictureWorkers } from '../../../src/dicom/render/picture-workers.js';
import type { Forgery } from './forgery.js';
import type { ImageNames } from '../../../src/ledger/ledger.js';
import { nameByPseudonyms } from '../../../src/archive/store/name-by-pseudonyms.js';

/** Of this process: threads take longer to start than pictures of tests to make. */
let pictures: PictureWorkers | undefined;
/** By the files themselves: what is published is also what is expected. */
const made = new WeakMap<Buffer, Map<string, Promise<Forgery>>>();

/** Ends the threads, if any were started. */
export async function closeHonestParts(): Promise<void> {
  const open = pictures;
  pictures = undefined;
  await open?.close();
}

/**
 * What the server of a site with this PATIENT_ID_ISSUER announces of a Part 10 file, with PIECE_COMPRESSION=off: its keys, header,
 * preview and bytes. Whoever asks for them calls `closeHonestParts` in the end.
 */
export function honestParts(
  pseudonyms: Pseudonyms,
  file: Buffer,
  { patientIdIssuer = '' }: { patientIdIssuer?: string } = {},
): Promise<Forgery> {
  const ofFile = made.get(file) ?? new Map<string, Promise<Forgery>>();
  made.set(file, ofFile);
  const key = `${pseudonyms.imageKey('1.2.3')} ${patientIdIssuer}`;
  const parts = ofFile.get(key) ?? makeParts(pseudonyms, file, patientIdIssuer);
  ofFile.set(key, parts);
  return parts;
}

async function makeParts(pseudonyms: Pseudonyms, file: Buffer, patientIdIssuer: string): Promise<Forgery> {
  const bytes = bufferSource(file);
  const scanned = await scanPart10(bytes);
  if (scanned.kind !== 'header') throw new Error(scanned.message);
  const { header, identity } = scanned;
  const content = { kind: 'content', header, identity } as const;
  const part = { bytes, sha256: createHash('sha256').update(file).digest('hex') } as SpooledPart;
  pictures ??= openPictureWorkers({ threads: 1, timeoutMs: 20_000 });
  const IssuerOfPatientID = identity.IssuerOfPatientID || patientIdIssuer;
  const projection = { image: () => undefined, holder: () => undefined };
  const named = nameByPseudonyms({ pseudonyms, projection }).instance({ ...identity, IssuerOfPatientID });
  const settings = { patientIdIssuer, maxHeaderBytes: 2 ** 21, compresses: false };
  const {
    imageId,
    names,
    header: headerBody,
    preview,
  } = await prepareImage({ pictures, settings }, { part, content, named });
  return {
    imageId,
    patientKey: (names as ImageNames & { release: 1 }).patientKey,
    header: headerBody,
    preview,
    instance: file,
  };
}

/** A JPEG of 64 × 64 pixels of one colour. */
export const redSquare = (): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#f00' } })
    .jpeg()
    .toBuffer();
