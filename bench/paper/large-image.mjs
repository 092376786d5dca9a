import { createCipheriv } from 'node:crypto';
import sharp from 'sharp';

/** The paper's largest (Table 1): 18,497 KB. */
export const largestImageBytes = 18_497 * 1024;

const width = 3072;

/** A grayscale PNG of 16 bits of about so many bytes, always the same: noise, since no codec makes it smaller. */
export async function makeLargeImage(byteCount = largestImageBytes) {
  const height = Math.floor(byteCount / (2 * width));
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
    Buffer.alloc(2 * width * height),
  );
  const pixels = new Uint16Array(noise.buffer, noise.byteOffset, noise.length / 2);
  return sharp(pixels, { raw: { width, height, channels: 1, depth: 'ushort' } })
    .toColourspace('grey16')
    .png({ compressionLevel: 6 })
    .toBuffer();
}
