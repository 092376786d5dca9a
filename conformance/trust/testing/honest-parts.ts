import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { Pseudonyms } from '../../../src/archive/pseudonyms.js';
import { prepareImage } from '../../../src/archive/store/prepare-image.js';
import type { SpooledPart } from '../../../src/archive/store/spool.js';
import { bufferSource } from '../../../src/base/byte-source.js';
import { scanPart10 } from '../../../src/dicom/part10/part10.js';
import { openPictureWorkers } from '../../../src/dicom/render/picture-workers.js';
import type { Forgery } from './forgery.js';

/**
 * What the server of a site with this PATIENT_ID_ISSUER announces of a Part 10 file, with PIECE_COMPRESSION=off: its keys, header,
 * preview and bytes.
 */
export async function honestParts(
  pseudonyms: Pseudonyms,
  file: Buffer,
  { patientIdIssuer = '' }: { patientIdIssuer?: string } = {},
): Promise<Forgery> {
  const bytes = bufferSource(file);
  const scanned = await scanPart10(bytes);
  if (scanned.kind !== 'header') throw new Error(scanned.message);
  const { header, identity } = scanned;
  const content = { kind: 'content', header, identity } as const;
  const part = { bytes, sha256: createHash('sha256').update(file).digest('hex') } as SpooledPart;
  const pictures = openPictureWorkers({ threads: 1, timeoutMs: 20_000 });
  try {
    const settings = { patientIdIssuer, maxHeaderBytes: 2 ** 21, compresses: false };
    const image = await prepareImage({ pseudonyms, pictures, settings }, { part, content });
    return { ...image, instance: file };
  } finally {
    await pictures.close();
  }
}

/** A JPEG of 64 × 64 pixels of one colour. */
export const redSquare = (): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#f00' } })
    .jpeg()
    .toBuffer();
