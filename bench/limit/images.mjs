// What is stored: DICOM objects of noise, which no codec makes smaller and no other object has a piece of.
import { createHash, randomFillSync } from 'node:crypto';
import { encodeHeader } from '../../dist/dicom/metadata/encode-header.js';
import { openPictures } from '../../dist/dicom/render/picture-workers.js';
import { scanPart10 } from '../../dist/dicom/part10/part10.js';
import { bufferSource } from '../../dist/base/byte-source.js';
import { part10Head } from '../part10.mjs';

const frameBytes = 512 * 512 * 2;

/** Objects of one study of their own: `count` of `frames` frames of half a megabyte. */
export function makeImages({ count, frames }) {
  const study = `2.25.${BigInt(`0x${randomFillSync(Buffer.alloc(12)).toString('hex')}`)}`;
  const series = `${study}.1`;
  return Array.from({ length: count }, (_, i) => {
    const uids = { study, series, instance: `${series}.${i + 1}` };
    const head = part10Head({ ...uids, rows: 512, columns: 512, frameCount: frames });
    return { ...uids, bytes: Buffer.concat([head, randomFillSync(Buffer.alloc(frameBytes * frames))]) };
  });
}

export const byteCountOf = (images) => images.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** Header, preview and digest of each, by the server's own code: what it would announce. */
export async function describeImages(images, keys) {
  const pictures = openPictures({ threads: 1, timeoutMs: 60_000 });
  const described = [];
  for (const { bytes, study, instance } of images) {
    const source = bufferSource(bytes);
    const { header } = await scanPart10(source);
    described.push({
      imageKey: keys.imageKey(instance),
      patientKey: keys.patientKey({ PatientID: 'BENCH', IssuerOfPatientID: '', StudyInstanceUID: study }),
      header: encodeHeader(header),
      preview: await pictures.preview(header, source),
      instance: { ...source, sha256: `0x${digest(bytes)}` },
    });
  }
  await pictures.close();
  return described;
}

export function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
