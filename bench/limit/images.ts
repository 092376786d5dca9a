import { createHash, randomFillSync } from 'node:crypto';
import type { Pseudonyms } from '../../src/archive/pseudonyms.js';
import { bufferSource } from '../../src/base/byte-source.js';
import { encodeHeader } from '../../src/dicom/metadata/encode-header.js';
import { scanPart10 } from '../../src/dicom/part10/part10.js';
import { openPictureWorkers } from '../../src/dicom/render/picture-workers.js';
import type { ImageToStore } from '../../src/ledger/ledger.js';
import { part10Head } from '../part10-head.js';
import { sum } from '../statistics.js';
import type { Image } from '../stow-and-wado.js';
import { namedBy } from '../../src/ledger/testing/named-by.js';

/** So many images of so many frames. */
export interface ImageSet {
  count: number;
  frames: number;
}

/** An image as a site would store it. */
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
export async function describeImages(images: readonly Image[], keys: Pseudonyms): Promise<DescribedImage[]> {
  const pictures = openPictureWorkers({ threads: 1, timeoutMs: 60_000 });
  const described: DescribedImage[] = [];
  for (const { bytes, study, instance } of images) {
    const source = bufferSource(bytes);
    const scanned = await scanPart10(source);
    if (scanned.kind === 'refused') throw new Error(scanned.message);
    const { header } = scanned;
    described.push({
      ...namedBy(
        keys.imageKey(instance),
        keys.patientKey({ PatientID: 'BENCH', IssuerOfPatientID: '', StudyInstanceUID: study }),
      ),
      header: encodeHeader(header),
      preview: await pictures.preview(header, source),
      instance: { ...source, sha256: `0x${digest(bytes)}` },
    });
  }
  await pictures.close();
  return described;
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
