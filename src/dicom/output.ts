/** A stretch of an output: bytes at hand, or bytes to be copied from the instance, swapped by `unit`. */
export type Stretch = Buffer | { offset: number; byteCount: number; unit: 1 | 2 | 4 | 8 };

/** Bytes to be sent, with their number where it is known before the end. */
export interface Output {
  byteCount: number | undefined;
  open(): AsyncIterable<Buffer>;
}

export function stretchBytes(stretch: Stretch): number {
  return Buffer.isBuffer(stretch) ? stretch.length : stretch.byteCount;
}
