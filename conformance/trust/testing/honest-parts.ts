import sharp from 'sharp';
import type { MadeImage, NamedIdentity, NamedInstance, Naming } from '../../../src/archive/store/naming.js';
import { prepareImage } from '../../../src/archive/store/prepare-image.js';
import type { SpooledPart } from '../../../src/archive/store/spool.js';
import { bufferSource } from '../../../src/base/byte-source.js';
import { decodeHeader, encodeHeader } from '../../../src/dicom/metadata/encode-header.js';
import { scanPart10 } from '../../../src/dicom/part10/part10.js';
import { openPictureWorkers, type PictureWorkers } from '../../../src/dicom/render/picture-workers.js';
import type { ImageToStore } from '../../../src/ledger/ledger.js';
import { makeBody } from '../../../src/pieces/body-codings.js';
import { sha256 } from '../../testing/dicomweb-client.js';

/** What the server of a site makes of a file before it has the form of its release, and who it is. */
export interface HonestParts {
  /** As it is given to a server. */
  file: Buffer;
  identity: NamedIdentity;
  made: MadeImage & { preview: Buffer };
}

/** Of this process: threads take longer to start than pictures of tests to make. */
let pictures: PictureWorkers | undefined;
/** By the files themselves: what is published is also what is expected. */
const previews = new WeakMap<Buffer, Promise<HonestParts>>();

/** Ends the threads, if any were started. */
export async function closeHonestParts(): Promise<void> {
  const open = pictures;
  pictures = undefined;
  await open?.close();
}

/**
 * What the server of a site without a PATIENT_ID_ISSUER announces of a Part 10 file, with PIECE_COMPRESSION=off: its header, preview and bytes.
 * Whoever asks for them calls `closeHonestParts` in the end.
 */
export function honestParts(naming: Naming, file: Buffer): Promise<HonestParts> {
  const parts = previews.get(file) ?? makeParts(naming, file);
  previews.set(file, parts);
  return parts;
}

async function makeParts(naming: Naming, file: Buffer): Promise<HonestParts> {
  const bytes = bufferSource(file);
  const scanned = await scanPart10(bytes);
  if (scanned.kind !== 'header') throw new Error(scanned.message);
  const { header, identity } = scanned;
  const content = { kind: 'content', header, identity } as const;
  const part = { bytes, sha256: sha256(file) } as SpooledPart;
  pictures ??= openPictureWorkers({ threads: 1, timeoutMs: 20_000 });
  const settings = { patientIdIssuer: '', maxHeaderBytes: 2 ** 21, compresses: false };
  let made: MadeImage | undefined;
  const named: NamedInstance = {
    ...{ imageId: undefined, image: () => undefined, holder: () => undefined },
    bodyFacts: (...facts) => naming.instance(identity).bodyFacts(...facts),
    toStore: (image) => {
      made = image;
      return Promise.resolve({} as ImageToStore);
    },
  };
  await prepareImage({ pictures, settings }, { part, content, named });
  return { file, identity, made: { ...made!, preview: await made!.preview } };
}

/** The same with other bytes: the header says of the body what is true of these, but for another SHA-256, where one is given (hex). */
export async function withBytes(
  naming: Naming,
  { identity, made }: HonestParts,
  file: Buffer,
  said = sha256(file),
): Promise<MadeImage> {
  const part = { bytes: bufferSource(file), sha256: said };
  const body = await makeBody(part.bytes);
  const facts = naming.instance(identity).bodyFacts({ ...body, byteCount: body.stored.byteCount }, part);
  return { ...made, header: encodeHeader({ ...decodeHeader(made.header), ...facts }), body, part };
}

/** A JPEG of 64 × 64 pixels of one colour. */
export const redSquare = (): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#f00' } })
    .jpeg()
    .toBuffer();
