/** Columns and rows of every made image: not square, so that a turned one is seen. */
export const COLUMNS = 32;
export const ROWS = 24;
const PIXELS = COLUMNS * ROWS;

/** One frame of 8 bit; each frame is another one. */
export function grayPixels(frame = 0): Buffer {
  return Buffer.from(
    Array.from({ length: PIXELS }, (_, at) => ((at % COLUMNS) * 7 + Math.floor(at / COLUMNS) * 3 + frame * 50) & 0xff),
  );
}

/** One frame of 12 bit in 16, little endian, from 0 to 4095. */
export function deepPixels(shift = 0): Buffer {
  const bytes = Buffer.alloc(2 * PIXELS);
  for (let at = 0; at < PIXELS; at++)
    bytes.writeUInt16LE(((at % COLUMNS) * 131 + Math.floor(at / COLUMNS) * 17 + shift) & 0xfff, 2 * at);
  return bytes;
}

/** One frame of RGB, by pixel: red in the left half, green in the right one, blue growing downwards. */
export function colourPixels(): Buffer {
  return Buffer.from(
    Array.from({ length: PIXELS }, (_, at) => {
      const isLeft = at % COLUMNS < COLUMNS / 2;
      return [isLeft ? 200 : 10, isLeft ? 20 : 180, Math.floor(at / COLUMNS) * 10];
    }).flat(),
  );
}

/** One frame of one sample in RLE (PS3.5 §G): each segment as literal runs, the high byte first. */
export function runLengthEncoded(pixels: Buffer, bytesAllocated: 1 | 2): Buffer {
  const segments = Array.from({ length: bytesAllocated }, (_, plane) => {
    const bytes = pixels.filter((_byte, at) => at % bytesAllocated === bytesAllocated - 1 - plane);
    const runs: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 128) {
      const run = bytes.subarray(at, at + 128);
      runs.push(Buffer.from([run.length - 1]), Buffer.from(run));
    }
    const segment = Buffer.concat(runs);
    return segment.length % 2 === 0 ? segment : Buffer.concat([segment, Buffer.alloc(1)]);
  });
  const header = Buffer.alloc(64);
  header.writeUInt32LE(segments.length, 0);
  let offset = 64;
  for (const [index, segment] of segments.entries()) {
    header.writeUInt32LE(offset, 4 + 4 * index);
    offset += segment.length;
  }
  return Buffer.concat([header, ...segments]);
}
