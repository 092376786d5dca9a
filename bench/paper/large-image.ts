import { createCipheriv } from 'node:crypto';
import sharp from 'sharp';

/** The paper's largest (Table 1): 18,497 KB. */
export const LARGEST_IMAGE_BYTES = 18_497 * 1024;

const WIDTH = 3072;

/** A grayscale PNG of 16 bits of about so many bytes, always the same: noise, since no codec makes it smaller. */
export async function makeLargeImage(byteCount = LARGEST_IMAGE_BYTES): Promise<Buffer> {
  const height = Math.floor(byteCount / (2 * WIDTH));
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
    Buffer.alloc(2 * WIDTH * height),
  );
  const pixels = new Uint16Array(noise.buffer, noise.byteOffset, noise.length / 2);
  return sharp(pixels, { raw: { width: WIDTH, height, channels: 1 } })
    .toColourspace('grey16')
    .png({ compressionLevel: 6 })
    .toBuffer();
}
