/** Value representations whose values are numbers, with the bytes of one and how it is written. */
const WRITERS: Record<string, { bytes: number; write: (buffer: Buffer, value: unknown, at: number) => void }> = {
  US: integer(2, 0, 0xffff, (buffer, value, at) => buffer.writeUInt16LE(value, at)),
  SS: integer(2, -0x8000, 0x7fff, (buffer, value, at) => buffer.writeInt16LE(value, at)),
  UL: integer(4, 0, 0xffffffff, (buffer, value, at) => buffer.writeUInt32LE(value, at)),
  SL: integer(4, -0x80000000, 0x7fffffff, (buffer, value, at) => buffer.writeInt32LE(value, at)),
  FL: { bytes: 4, write: (buffer, value, at) => buffer.writeFloatLE(floatOf(value), at) },
  FD: { bytes: 8, write: (buffer, value, at) => buffer.writeDoubleLE(floatOf(value), at) },
  UV: { bytes: 8, write: (buffer, value, at) => buffer.writeBigUInt64LE(bigOf(value), at) },
  SV: { bytes: 8, write: (buffer, value, at) => buffer.writeBigInt64LE(bigOf(value), at) },
  AT: { bytes: 4, write: writeTag },
};

export const NUMBER_VRS: ReadonlySet<string> = new Set(Object.keys(WRITERS));

/** Values of one of `NUMBER_VRS`, little endian; a number may be told as text. Throws what `fault` makes for a value that is none. */
export function encodeNumbers(vr: string, values: readonly unknown[], fault: () => Error): Buffer {
  const { bytes, write } = WRITERS[vr]!;
  const buffer = Buffer.alloc(values.length * bytes);
  try {
    values.forEach((value, index) => write(buffer, value, index * bytes));
  } catch {
    throw fault();
  }
  return buffer;
}

function integer(
  bytes: number,
  least: number,
  most: number,
  write: (buffer: Buffer, value: number, at: number) => void,
): (typeof WRITERS)[string] {
  return {
    bytes,
    write: (buffer, given, at) => {
      const value = numberOf(given);
      if (!Number.isInteger(value) || value < least || value > most) throw new RangeError();
      write(buffer, value, at);
    },
  };
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(value)) return Number(value);
  throw new RangeError();
}

/** PS3.18 §F.2.3 has none for these three; they are written as text by many. */
function floatOf(value: unknown): number {
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : numberOf(value);
}

function bigOf(value: unknown): bigint {
  if (typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value)) return BigInt(value.trim());
  return BigInt(numberOf(value));
}

function writeTag(buffer: Buffer, value: unknown, at: number): void {
  if (typeof value !== 'string' || !/^[0-9A-Fa-f]{8}$/.test(value)) throw new RangeError();
  buffer.writeUInt16LE(parseInt(value.slice(0, 4), 16), at);
  buffer.writeUInt16LE(parseInt(value.slice(4), 16), at + 2);
}
