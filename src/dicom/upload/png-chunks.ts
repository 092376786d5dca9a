import { exifOrientation } from '../codec/exif.js';

export interface PngChunks {
  Rows: number;
  Columns: number;
  bitDepth: number;
  /** 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGB with alpha (ISO 15948 §11.2.2). */
  colourType: number;
  /** A tRNS chunk, or alpha in each pixel. */
  hasTransparency: boolean;
  /** EXIF 1 to 8; 1 when nothing is said. */
  orientation: number;
}

export const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Reads what a PNG's chunks tell without decoding it. Undefined when it lacks its header, its end or pixels. */
export function readPngChunks(bytes: Buffer): PngChunks | undefined {
  if (!bytes.subarray(0, 8).equals(PNG_SIGNATURE)) return undefined;
  let header: Omit<PngChunks, 'hasTransparency' | 'orientation'> | undefined;
  let hasTransparency = false;
  let hasPixels = false;
  let orientation = 1;
  for (let at = 8; at + 12 <= bytes.length;) {
    const byteCount = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const body = bytes.subarray(at + 8, at + 8 + byteCount);
    if (at + 12 + byteCount > bytes.length) return undefined;
    if (at === 8) {
      if (type !== 'IHDR' || byteCount !== 13) return undefined;
      header = {
        Columns: body.readUInt32BE(0),
        Rows: body.readUInt32BE(4),
        bitDepth: body.readUInt8(8),
        colourType: body.readUInt8(9),
      };
    } else if (type === 'tRNS') hasTransparency = true;
    else if (type === 'IDAT') hasPixels = true;
    else if (type === 'eXIf') orientation = exifOrientation(body);
    else if (type === 'IEND') {
      if (header === undefined || !hasPixels) return undefined;
      return { ...header, hasTransparency: hasTransparency || header.colourType >= 4, orientation };
    }
    at += 12 + byteCount;
  }
  return undefined;
}
