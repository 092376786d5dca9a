import type { StreamHeader } from './codec.js';

/** SOC and SIZ: a codestream begins with both (ISO 15444-1 §A.3). */
const JPEG2000_START = Buffer.from([0xff, 0x4f, 0xff, 0x51]);

/** The codestream alone: some writers wrap it in the boxes of a JP2 file, which DICOM does not allow (PS3.5 §A.4.4). */
export function jpeg2000Codestream(stream: Buffer): Buffer {
  const at = stream.indexOf(JPEG2000_START);
  if (at < 0) throw new Error('there is no JPEG 2000 codestream');
  return stream.subarray(at);
}

/** What the SIZ segment of a bare codestream says (ISO 15444-1 §A.5.1). Throws an Error that says what is wrong. */
export function readJpeg2000Header(codestream: Buffer): StreamHeader {
  const SamplesPerPixel = codestream.length < 42 ? 0 : codestream.readUInt16BE(40);
  if (SamplesPerPixel === 0 || codestream.length < 42 + 3 * SamplesPerPixel)
    throw new Error('the SIZ segment is too short');
  const at = (offset: number): number => codestream.readUInt32BE(offset);
  const depths = Array.from({ length: SamplesPerPixel }, (_, index) => codestream.readUInt8(42 + 3 * index));
  if (depths.some((depth) => depth !== depths[0])) throw new Error('its components have different depths');
  const isSubsampled = depths.some((_, index) => codestream.readUInt16BE(43 + 3 * index) !== 0x0101);
  if (isSubsampled) throw new Error('its components are subsampled, which DICOM does not allow');
  const tileCount = Math.ceil((at(8) - at(32)) / at(24)) * Math.ceil((at(12) - at(36)) / at(28));
  // NaN and Infinity too.
  if (!(tileCount > 0 && tileCount <= 65_535)) throw new Error(`it cannot have ${tileCount} tiles`);
  requireTileParts(codestream);
  return {
    Rows: at(12) - at(20),
    Columns: at(8) - at(16),
    SamplesPerPixel,
    precisionBits: ((depths[0] ?? 0) & 0x7f) + 1,
    isSigned: ((depths[0] ?? 0) & 0x80) !== 0,
  };
}

const SOT = 0xff90;

/**
 * Throws unless every tile part is complete (ISO 15444-1 §A.4.2): the decoder would read zeros in place of missing
 * bytes.
 */
function requireTileParts(codestream: Buffer): void {
  let at = 2;
  while (at + 4 <= codestream.length && codestream.readUInt16BE(at) !== SOT) at += 2 + codestream.readUInt16BE(at + 2);
  for (let part = 0; at + 12 <= codestream.length && codestream.readUInt16BE(at) === SOT; part++) {
    const byteCount = codestream.readUInt32BE(at + 6);
    // 0: the last one, up to the end of the codestream.
    if (byteCount === 0) return;
    if (byteCount < 14 || at + byteCount > codestream.length)
      throw new Error(`tile part ${part} ends beyond the stream`);
    at += byteCount;
  }
}
