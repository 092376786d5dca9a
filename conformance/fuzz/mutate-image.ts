import { crc32 } from 'node:zlib';
import sharp, { type Channels, type Sharp } from 'sharp';
import { seeded } from '../testing/seeded.js';
import type { Choices } from './choices.js';
import type { NamedBytes } from './made-files.js';
import { LENGTHS, NUMBERS } from './hostile-values.js';
import { mutateBytes } from './mutate-bytes.js';

/** Small images of every kind that is read: gray, colour, palette, 16 bits, transparency, progressive, CMYK, turned. */
export async function smallImages(): Promise<NamedBytes[]> {
  const random = seeded(7);
  const raw = (channels: Channels): Sharp =>
    sharp(random.bytes(24 * 16 * channels), { raw: { width: 24, height: 16, channels } });
  const gray = (): Sharp => raw(1).toColourspace('b-w');
  const made = {
    'gray.jpg': gray().jpeg(),
    'colour.jpg': raw(3).jpeg(),
    'subsampled.jpg': raw(3).jpeg({ chromaSubsampling: '4:2:0' }),
    'progressive.jpg': raw(3).jpeg({ progressive: true }),
    'cmyk.jpg': raw(3).toColourspace('cmyk').jpeg(),
    'turned.jpg': raw(3).withMetadata({ orientation: 6 }).jpeg(),
    'gray.png': gray().png(),
    'colour.png': raw(3).png(),
    'palette.png': raw(3).png({ palette: true, colours: 8 }),
    'alpha.png': raw(4).png(),
    'sixteen.png': gray().toColourspace('grey16').png(),
    'interlaced.png': raw(3).png({ progressive: true }),
  };
  return Promise.all(Object.entries(made).map(async ([name, image]) => ({ name, bytes: await image.toBuffer() })));
}

/** Damage to a JPEG or PNG file: to its markers or chunks, their lengths and the dimensions, or anywhere. */
export function mutateImage(random: Choices, bytes: Buffer, other: Buffer): Buffer {
  let result = bytes;
  for (let times = random.whole(1, 3); times > 0; times--) {
    if (random.once(3)) result = mutateBytes(random, result, other);
    else result = isPng(result) ? mutatePng(random, result) : mutateJpeg(random, result);
  }
  return isPng(result) && !random.once(4) ? withChecksums(result) : result;
}

const isPng = (bytes: Buffer): boolean => bytes.length > 8 && bytes.readUInt32BE(0) === 0x89504e47;

/** The chunks of a PNG file: where each begins, and how many bytes of data it says it has. */
function chunksOf(png: Buffer): { at: number; byteCount: number }[] {
  const chunks = [];
  for (let at = 8; at + 12 <= png.length;) {
    const byteCount = png.readUInt32BE(at);
    if (at + 12 + byteCount > png.length) break;
    chunks.push({ at, byteCount });
    at += 12 + byteCount;
  }
  return chunks;
}

function withChecksums(png: Buffer): Buffer {
  const copy = Buffer.from(png);
  for (const { at, byteCount } of chunksOf(copy))
    copy.writeUInt32BE(crc32(copy.subarray(at + 4, at + 8 + byteCount)), at + 8 + byteCount);
  return copy;
}

function mutatePng(random: Choices, png: Buffer): Buffer {
  const chunks = chunksOf(png);
  if (chunks.length === 0) return mutateBytes(random, png);
  const { at, byteCount } = random.pick(chunks);
  const whole = png.subarray(at, at + 12 + byteCount);
  const copy = Buffer.from(png);
  const kind = random.whole(0, 5);
  if (kind === 0) copy.writeUInt32BE(random.pick(LENGTHS), at);
  else if (kind === 1)
    copy.write(random.pick(['IHDR', 'IDAT', 'IEND', 'tRNS', 'PLTE', 'eXIf', 'iCCP', 'zzzz']), at + 4, 'latin1');
  else if (kind === 2) return Buffer.concat([png.subarray(0, at), png.subarray(at + whole.length)]);
  else if (kind === 3)
    return Buffer.concat([png.subarray(0, at), ...Array<Buffer>(random.whole(1, 200)).fill(whole), png.subarray(at)]);
  else if (kind === 4 && png.length > 33)
    copy.writeUInt32BE(random.pick([...LENGTHS, ...NUMBERS]), random.pick([16, 20]));
  else if (png.length > 33) copy[random.whole(24, 28)] = random.whole(0, 17);
  return copy;
}

function mutateJpeg(random: Choices, jpeg: Buffer): Buffer {
  const markers: number[] = [];
  for (let at = jpeg.indexOf(0xff); at >= 0 && at + 4 <= jpeg.length; at = jpeg.indexOf(0xff, at + 1)) {
    const marker = jpeg[at + 1]!;
    if (marker >= 0xc0 && (marker < 0xd0 || marker > 0xd7)) markers.push(at);
  }
  if (markers.length === 0) return mutateBytes(random, jpeg);
  const at = random.pick(markers);
  const copy = Buffer.from(jpeg);
  const kind = random.whole(0, 5);
  if (kind === 0) copy.writeUInt16BE(random.pick(NUMBERS), at + 2);
  else if (kind === 1) copy[at + 1] = random.whole(0xc0, 0xfe);
  else if (kind === 2) return Buffer.concat([jpeg.subarray(0, at), jpeg.subarray(at + 2 + jpeg.readUInt16BE(at + 2))]);
  else if (kind === 3) {
    const segment = jpeg.subarray(at, at + 2 + jpeg.readUInt16BE(at + 2));
    return Buffer.concat([
      jpeg.subarray(0, at),
      ...Array<Buffer>(random.whole(1, 300)).fill(segment),
      jpeg.subarray(at),
    ]);
  } else {
    const frame = markers.find((marker) => jpeg[marker + 1]! >= 0xc0 && jpeg[marker + 1]! <= 0xc2) ?? at;
    if (frame + 10 > jpeg.length) return copy;
    if (kind === 4) copy.writeUInt16BE(random.pick(NUMBERS), frame + random.pick([5, 7]));
    else copy[frame + random.pick([4, 9])] = random.whole(0, 255);
  }
  return copy;
}
