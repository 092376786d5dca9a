import { crc32 } from 'node:zlib';

/**
 * The same picture in other bytes: a comment of a length that `number` alone has is put into the file. On our chain equal pieces
 * are kept once, so that repeats of the very same bytes would cost nothing; this way each piece of each repeat is new.
 */
export function variantOf(bytes: Buffer, { mediaType, number }: { mediaType: string; number: number }): Buffer {
  const text = Buffer.alloc(16 + number, 'repeat ');
  const isPng = mediaType === 'image/png';
  const at = isPng ? 33 : afterFirstSegment(bytes);
  const comment = isPng ? pngText(text) : jpegComment(text);
  return Buffer.concat([bytes.subarray(0, at), comment, bytes.subarray(at)]);
}

/** JFIF and Exif must stay the first segment (JFIF 1.02, Exif 2.3 §4.5.4). */
function afterFirstSegment(bytes: Buffer): number {
  const isApplicationData = bytes[2] === 0xff && (bytes[3]! & 0xf0) === 0xe0;
  return isApplicationData ? 4 + bytes.readUInt16BE(4) : 2;
}

function jpegComment(text: Buffer): Buffer {
  const head = Buffer.from([0xff, 0xfe, 0, 0]);
  head.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([head, text]);
}

/** After IHDR, which ends at byte 33 of every PNG (PNG 1.2 §4.2.3). */
function pngText(text: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from('tEXtComment\0', 'latin1'), text]);
  const chunk = Buffer.alloc(data.length + 8);
  chunk.writeUInt32BE(data.length - 4, 0);
  data.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(data), data.length + 4);
  return chunk;
}
