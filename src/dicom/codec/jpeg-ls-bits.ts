/** The bits of one JPEG-LS scan, from the highest of each byte on (ISO 14495-1 §9.1). Both throw where the scan ends. */
export interface JpegLsBits {
  /** `count` from 0 to 24. */
  read: (count: number) => number;
  /** How many zeros come before the next one, which is read too. */
  readZeros: () => number;
  /** Where the marker after the scan begins, or the end of the bytes. */
  end: () => number;
}

/** Reads from `offset` to the next marker. A byte after 0xFF carries 7 bits: its highest is a stuffed 0. */
export function jpegLsBits(bytes: Uint8Array, offset: number): JpegLsBits {
  let at = offset;
  let wasFF = false;
  /** The next `valid` bits, left aligned; zeros follow. */
  let cache = 0;
  let valid = 0;

  const fill = (): void => {
    while (valid <= 24 && !endsAt(bytes, at, wasFF)) {
      const byte = bytes[at++] ?? 0;
      const width = wasFF ? 7 : 8;
      cache |= byte << (32 - width - valid);
      valid += width;
      wasFF = byte === 0xff;
    }
  };
  const skip = (count: number): void => {
    cache = count === 32 ? 0 : cache << count;
    valid -= count;
  };

  return {
    read: (count) => {
      if (count === 0) return 0;
      if (valid < count) fill();
      if (valid < count) throw new Error('the scan ends too early');
      const value = cache >>> (32 - count);
      skip(count);
      return value;
    },
    readZeros: () => {
      for (let zeros = 0; ;) {
        if (valid < 16) fill();
        if (valid === 0) throw new Error('the scan ends too early');
        const here = Math.clz32(cache);
        if (here < valid) {
          skip(here + 1);
          return zeros + here;
        }
        zeros += valid;
        skip(valid);
      }
    },
    end: () => {
      while (at < bytes.length && !endsAt(bytes, at, false)) at++;
      return at;
    },
  };
}

function endsAt(bytes: Uint8Array, at: number, wasFF: boolean): boolean {
  const byte = bytes[at];
  if (byte === undefined) return true;
  return wasFF ? byte > 0x7f : byte === 0xff && (bytes[at + 1] ?? 0xff) > 0x7f;
}
