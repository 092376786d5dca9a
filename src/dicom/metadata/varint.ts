/** Whole numbers from 0 to 2^53-1 in as few bytes as they need: seven bits a byte, the lowest first. */
export function createVarintWriter(): { write(value: number): void; finish(): Buffer } {
  let bytes = Buffer.alloc(1024);
  let length = 0;
  return {
    write: (value) => {
      if (length + 8 > bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
      let rest = value;
      while (rest >= 0x80) {
        bytes[length++] = (rest % 0x80) + 0x80;
        rest = Math.floor(rest / 0x80);
      }
      bytes[length++] = rest;
    },
    finish: () => bytes.subarray(0, length),
  };
}

/** Reads in the order of writing; throws RangeError at the end of the bytes. */
export function createVarintReader(bytes: Buffer): { read(): number; bytes(byteCount: number): Buffer } {
  let position = 0;
  return {
    read: () => {
      let value = 0;
      for (let scale = 1; scale < 2 ** 53; scale *= 0x80) {
        const byte = bytes[position++];
        if (byte === undefined) throw new RangeError(`There is no byte ${position - 1}.`);
        value += (byte % 0x80) * scale;
        if (byte < 0x80) return value;
      }
      throw new RangeError(`The number at byte ${position} is too long.`);
    },
    bytes: (byteCount) => {
      if (position + byteCount > bytes.length) throw new RangeError(`There are no ${byteCount} bytes at ${position}.`);
      position += byteCount;
      return bytes.subarray(position - byteCount, position);
    },
  };
}
