/**
 * An RLE Lossless frame uncompressed: little endian, by pixel (PS3.5 §G). `sampleCount` samples of `sampleBytes` bytes
 * for each of `SamplesPerPixel`. Throws an Error that says what is wrong.
 */
export function decodeRle(
  stream: Buffer,
  { pixelCount, SamplesPerPixel, sampleBytes }: { pixelCount: number; SamplesPerPixel: number; sampleBytes: number },
): Uint8Array {
  if (stream.length < HEADER_BYTES) throw new Error('the RLE header is too short');
  const segmentCount = stream.readUInt32LE(0);
  if (segmentCount !== SamplesPerPixel * sampleBytes)
    throw new Error(`there are ${segmentCount} RLE segments, not ${SamplesPerPixel * sampleBytes}`);
  const pixelBytes = SamplesPerPixel * sampleBytes;
  const pixels = new Uint8Array(pixelCount * pixelBytes);
  for (let segment = 0; segment < segmentCount; segment++) {
    const from = stream.readUInt32LE(4 + 4 * segment);
    const to = segment + 1 < segmentCount ? stream.readUInt32LE(8 + 4 * segment) : stream.length;
    if (from < HEADER_BYTES || to < from || to > stream.length)
      throw new Error(`RLE segment ${segment} is not in the frame`);
    const first = byteOfSegment(segment, sampleBytes);
    unpack(stream.subarray(from, to), pixels, { first, step: pixelBytes, count: pixelCount });
  }
  return pixels;
}

const HEADER_BYTES = 64;
const MAX_SEGMENTS = 15;

/** Which byte of a pixel a segment holds: the first segment of a sample holds its highest byte (PS3.5 §G.2). */
function byteOfSegment(segment: number, sampleBytes: number): number {
  const sample = Math.floor(segment / sampleBytes);
  return sample * sampleBytes + sampleBytes - 1 - (segment % sampleBytes);
}

/** Whether a pixel has so few bytes that RLE has a segment for each (PS3.5 §G.5). */
export function fitsRle(pixelBytes: number): boolean {
  return pixelBytes <= MAX_SEGMENTS;
}

/** The frame as RLE Lossless; each row begins a new run (PS3.5 §G.3.1). */
export function encodeRle(
  pixels: Uint8Array,
  { Columns, SamplesPerPixel, sampleBytes }: { Columns: number; SamplesPerPixel: number; sampleBytes: number },
): Uint8Array {
  const pixelBytes = SamplesPerPixel * sampleBytes;
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(pixelBytes, 0);
  const segments: Buffer[] = [];
  let offset = HEADER_BYTES;
  for (let segment = 0; segment < pixelBytes; segment++) {
    const packed = pack(pixels, { first: byteOfSegment(segment, sampleBytes), step: pixelBytes, rowLength: Columns });
    header.writeUInt32LE(offset, 4 + 4 * segment);
    segments.push(packed);
    offset += packed.length;
  }
  return Buffer.concat([header, ...segments]);
}

function unpack(
  packed: Buffer,
  pixels: Uint8Array,
  { first, step, count }: { first: number; step: number; count: number },
): void {
  let at = 0;
  let to = first;
  const end = first + step * count;
  while (to < end) {
    const control = packed[at++];
    if (control === undefined) throw new Error('an RLE segment ends too early');
    if (control === 128) continue;
    const isRun = control > 128;
    const length = isRun ? 257 - control : control + 1;
    if (at + (isRun ? 1 : length) > packed.length) throw new Error('an RLE segment ends too early');
    // Some writers pack on beyond the last pixel.
    for (let index = 0; index < length && to < end; index++, to += step)
      pixels[to] = packed[isRun ? at : at + index] ?? 0;
    at += isRun ? 1 : length;
  }
}

function pack(
  pixels: Uint8Array,
  { first, step, rowLength }: { first: number; step: number; rowLength: number },
): Buffer {
  const row = new Uint8Array(rowLength);
  // At worst a control byte for each 128 bytes, and a byte to make the segment even.
  const rows = pixels.length / step / rowLength;
  const packed = Buffer.alloc(rows * (rowLength + Math.ceil(rowLength / 128)) + 1);
  let to = 0;
  for (let start = first; start < pixels.length; start += step * rowLength) {
    for (let x = 0; x < rowLength; x++) row[x] = pixels[start + x * step] ?? 0;
    to = packRow(row, packed, to);
  }
  return packed.subarray(0, to + (to % 2));
}

function packRow(row: Uint8Array, packed: Buffer, start: number): number {
  let to = start;
  let literal = 0;
  const flush = (end: number): void => {
    for (; literal < end; literal += 128) {
      const length = Math.min(128, end - literal);
      packed[to++] = length - 1;
      packed.set(row.subarray(literal, literal + length), to);
      to += length;
    }
    literal = end;
  };
  for (let x = 0; x < row.length;) {
    let end = x + 1;
    while (end < row.length && end - x < 128 && row[end] === row[x]) end++;
    // Two alike inside literals cost nothing; a run of them would.
    if (end - x >= 3) {
      flush(x);
      packed[to++] = 257 - (end - x);
      packed[to++] = row[x] ?? 0;
      literal = end;
    }
    x = end;
  }
  flush(row.length);
  return to;
}
