/** An RGB space by its primaries (columns of a matrix to XYZ under D50) and its exponent. */
interface RgbSpace {
  name: string;
  toXyz: Matrix;
  gamma: number;
}
type Matrix = readonly (readonly [number, number, number])[];

const SRGB_TO_XYZ: Matrix = [
  [0.4360747, 0.3850649, 0.1430804],
  [0.2225045, 0.7168786, 0.0606169],
  [0.0139322, 0.0971045, 0.7141733],
];

/** PS3.18 §8.3.5.1.5: Adobe RGB (1998) and ISO 22028-2 ROMM RGB, adapted to D50 by Bradford. */
const SPACES = {
  adobergb: {
    name: 'Adobe RGB (1998) compatible',
    toXyz: [
      [0.6097559, 0.2052401, 0.149224],
      [0.3111242, 0.625656, 0.0632197],
      [0.0194811, 0.0608902, 0.7448387],
    ],
    gamma: 563 / 256,
  },
  rommrgb: {
    name: 'ROMM RGB',
    toXyz: [
      [0.7976749, 0.1351917, 0.0313534],
      [0.2880402, 0.7118741, 0.0000857],
      [0, 0, 0.82521],
    ],
    gamma: 461 / 256,
  },
} as const satisfies Record<string, RgbSpace>;

/** sRGB values (three bytes a pixel) in another space. */
export function fromSrgb(rgb: Uint8Array, name: keyof typeof SPACES): Uint8Array {
  const { toXyz, gamma } = SPACES[name];
  const [r, g, b] = product(inverse(toXyz), SRGB_TO_XYZ) as [Row, Row, Row];
  const linear = Float64Array.from({ length: 256 }, (_, value) => linearSrgb(value / 255));
  const encoded = Uint8Array.from({ length: 4096 }, (_, at) => Math.round(255 * (at / 4095) ** (1 / gamma)));
  const encode = (value: number) => encoded[Math.round(Math.min(Math.max(value, 0), 1) * 4095)] ?? 0;
  const converted = new Uint8Array(rgb.length);
  for (let at = 0; at + 2 < rgb.length; at += 3) {
    const [x, y, z] = [linear[rgb[at] ?? 0] ?? 0, linear[rgb[at + 1] ?? 0] ?? 0, linear[rgb[at + 2] ?? 0] ?? 0];
    converted[at] = encode(r[0] * x + r[1] * y + r[2] * z);
    converted[at + 1] = encode(g[0] * x + g[1] * y + g[2] * z);
    converted[at + 2] = encode(b[0] * x + b[1] * y + b[2] * z);
  }
  return converted;
}

type Row = readonly [number, number, number];

/** IEC 61966-2-1. */
function linearSrgb(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** A display profile of the space (ICC.1:2001-04). */
export function iccProfile(name: keyof typeof SPACES): Buffer {
  const { toXyz, gamma, name: description } = SPACES[name];
  const column = (index: 0 | 1 | 2) => xyz(toXyz[0][index], toXyz[1][index], toXyz[2][index]);
  const curve = Buffer.from([
    ...Buffer.from('curv'),
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    1,
    Math.floor(gamma),
    (gamma * 256) & 0xff,
    0,
    0,
  ]);
  const tags: [string, Buffer][] = [
    ['desc', descriptionTag(description)],
    ['cprt', Buffer.from('text\0\0\0\0No copyright\0'.padEnd(24, '\0'))],
    ['wtpt', xyz(0.9642, 1, 0.8249)],
    ['rXYZ', column(0)],
    ['gXYZ', column(1)],
    ['bXYZ', column(2)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ];
  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length);
  let offset = 128 + table.length;
  for (const [at, [signature, value]] of tags.entries()) {
    table.write(signature, 4 + 12 * at, 'latin1');
    table.writeUInt32BE(offset, 8 + 12 * at);
    table.writeUInt32BE(value.length, 12 + 12 * at);
    offset += value.length;
  }
  const header = Buffer.alloc(128);
  header.writeUInt32BE(offset);
  header.writeUInt32BE(0x02100000, 8);
  header.write('mntrRGB XYZ ', 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  xyz(0.9642, 1, 0.8249).copy(header, 68, 8);
  return Buffer.concat([header, table, ...tags.map(([, value]) => value)]);
}

function xyz(...values: number[]): Buffer {
  const tag = Buffer.alloc(20);
  tag.write('XYZ ', 'latin1');
  for (const [at, value] of values.entries()) tag.writeInt32BE(Math.round(value * 65536), 8 + 4 * at);
  return tag;
}

/** ASCII alone; the Unicode and Macintosh parts are empty. */
function descriptionTag(text: string): Buffer {
  const tag = Buffer.alloc(Math.ceil((12 + text.length + 1 + 8 + 70) / 4) * 4);
  tag.write('desc', 'latin1');
  tag.writeUInt32BE(text.length + 1, 8);
  tag.write(text, 12, 'latin1');
  return tag;
}

function product(a: Matrix, b: Matrix): Matrix {
  return a.map(
    (row) =>
      [0, 1, 2].map(
        (column) => row[0] * cell(b, 0, column) + row[1] * cell(b, 1, column) + row[2] * cell(b, 2, column),
      ) as unknown as Row,
  );
}

function inverse(m: Matrix): Matrix {
  const cofactor = (row: number, column: number) =>
    cell(m, (row + 1) % 3, (column + 1) % 3) * cell(m, (row + 2) % 3, (column + 2) % 3) -
    cell(m, (row + 1) % 3, (column + 2) % 3) * cell(m, (row + 2) % 3, (column + 1) % 3);
  const determinant = [0, 1, 2].reduce((sum, column) => sum + cell(m, 0, column) * cofactor(0, column), 0);
  return [0, 1, 2].map((row) => [0, 1, 2].map((column) => cofactor(column, row) / determinant) as unknown as Row);
}

function cell(matrix: Matrix, row: number, column: number): number {
  return matrix[row]?.[column] ?? 0;
}
