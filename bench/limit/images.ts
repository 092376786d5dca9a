import { createHash, randomFillSync } from 'node:crypto';
import type { Naming } from '../../src/archive/store/naming.js';
import { bufferSource } from '../../src/base/byte-source.js';
import { encodeHeader } from '../../src/dicom/metadata/encode-header.js';
import { scanPart10 } from '../../src/dicom/part10/part10.js';
import { openPictureWorkers } from '../../src/dicom/render/picture-workers.js';
import type { ImageToStore } from '../../src/ledger/ledger.js';
import { makeBody } from '../../src/pieces/body-codings.js';
import { part10Head } from '../part10-head.js';
import { sum } from '../statistics.js';
import type { Image } from '../stow-and-wado.js';

/** So many images of so many frames. */
export interface ImageSet {
  count: number;
  frames: number;
}

/** An image as a site would store it, encrypted; SHA-256 of those bytes. */
export type DescribedImage = ImageToStore;

const FRAME_BYTES = 512 * 512 * 2;

/** DICOM objects of noise, which no codec makes smaller and no other object has a piece of, in one study of their own; half a megabyte a frame. */
export function makeImages({ count, frames }: ImageSet): Image[] {
  const study = `2.25.${BigInt(`0x${randomFillSync(Buffer.alloc(12)).toString('hex')}`)}`;
  const series = `${study}.1`;
  return Array.from({ length: count }, (_, i) => {
    const uids = { study, series, instance: `${series}.${i + 1}` };
    const head = part10Head({ ...uids, rows: 512, columns: 512, frameCount: frames });
    return { ...uids, bytes: Buffer.concat([head, randomFillSync(Buffer.alloc(FRAME_BYTES * frames))]) };
  });
}

export const byteCountOf = (images: readonly Image[]): number => sum(images.map(({ bytes }) => bytes.length));

/** Header, preview and digest of each, by the server's own code: what it would announce. */
export async function describeImages(images: readonly Image[], naming: Naming): Promise<DescribedImage[]> {
  const pictures = openPictureWorkers({ threads: 1, timeoutMs: 60_000 });
  const described: DescribedImage[] = [];
  for (const { bytes, study, instance } of images) {
    const part = { bytes: bufferSource(bytes), sha256: digest(bytes) };
    const scanned = await scanPart10(part.bytes);
    if (scanned.kind === 'refused') throw new Error(scanned.message);
    const identity = { StudyInstanceUID: study, SOPInstanceUID: instance, PatientID: 'BENCH', IssuerOfPatientID: '' };
    const named = naming.instance(identity);
    const body = await makeBody(part.bytes, undefined);
    const facts = named.bodyFacts({ ...body, byteCount: bytes.length }, part);
    const preview = await pictures.preview(scanned.header, part.bytes);
    const header = encodeHeader({ ...scanned.header, ...facts });
    const made = await named.toStore({ header, preview, body, part });
    // Encrypted once: the ceiling is that of the chain.
    const stored = await made.instance.read(0, made.instance.byteCount);
    described.push({ ...made, instance: { ...made.instance, ...bufferSource(stored), sha256: `0x${digest(stored)}` } });
  }
  await pictures.close();
  return described;
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
