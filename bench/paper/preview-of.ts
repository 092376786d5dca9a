import sharp from 'sharp';

const SIZES = [1024, 768, 512, 384, 256, 128, 64];

/** The image scaled to at most `maxBytes`, as the paper's method shows it first; an image that is small enough is its own preview. */
export async function previewOf(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  if (bytes.length <= maxBytes) return bytes;
  for (const size of SIZES) {
    const scaled = await sharp(bytes)
      .resize(size, size, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .jpeg({ quality: 75 })
      .toBuffer();
    if (scaled.length <= maxBytes) return scaled;
  }
  throw new Error(`An image of ${bytes.length} bytes has no preview of ${maxBytes} bytes.`);
}
