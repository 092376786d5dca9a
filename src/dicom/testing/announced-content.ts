import { createHash } from 'node:crypto';
import { bufferSource, type ByteSource } from '../../base/byte-source.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { encodeHeader } from '../metadata/encode-header.js';
import { scanPart10 } from '../part10/part10.js';
import type { Picture } from '../render/picture.js';
import { secondaryCapture } from '../upload/secondary-capture.js';
import type { AnnouncedContent } from '../verify/verify-content.js';

/** For tests: an instance with what an honest site announces of it, but for its preview. */
export interface HonestInstance {
  source: ByteSource;
  header: InstanceHeader;
  announced: AnnouncedContent;
}

/** @param file A Part 10, JPEG or PNG file. */
export async function honestInstance(file: Buffer, preview: Buffer = Buffer.alloc(0)): Promise<HonestInstance> {
  const source = bufferSource(file);
  const mediaType = file[0] === 0x89 ? 'image/png' : 'image/jpeg';
  const result =
    file.toString('latin1', 128, 132) === 'DICM'
      ? await scanPart10(source)
      : await secondaryCapture(source, { mediaType, PatientID: 'P' });
  if (result.kind === 'refused') throw new Error(result.message);
  const sha256 = createHash('sha256').update(file).digest('hex');
  return { source, header: result.header, announced: { sha256, header: encodeHeader(result.header), preview } };
}

/** A picture that is neither even nor symmetrical, in gray or in colours; another for another seed. */
export function madePicture({ side, channels, seed = 1 }: { side: number; channels: 1 | 3; seed?: number }): Picture {
  const pixels = new Uint8Array(side * side * channels);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      for (let channel = 0; channel < channels; channel++) {
        const [across, down] = [x / side, y / side];
        const wave = Math.sin(7 * across * seed + channel) * Math.cos(4 * down + seed) + across * down;
        pixels[(y * side + x) * channels + channel] = 128 + 80 * Math.tanh(wave);
      }
  return { pixels, width: side, height: side, channels };
}
