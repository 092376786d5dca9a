/** A stretch of an output: bytes at hand, bytes to be copied from the instance, swapped by `unit`, or bytes yet to be made. */
export type Stretch = Buffer | { offset: number; byteCount: number; unit: 1 | 2 | 4 | 8 } | Output;

/** Bytes to be sent, with their number where it is known before the end. */
export interface Output {
  byteCount: number | undefined;
  open(): AsyncIterable<Buffer>;
}

/** Of all together; undefined when one does not know its own. */
export function stretchBytes(stretches: readonly Stretch[]): number | undefined {
  let sum: number | undefined = 0;
  for (const stretch of stretches) {
    const byteCount: number | undefined = Buffer.isBuffer(stretch) ? stretch.length : stretch.byteCount;
    sum = sum === undefined || byteCount === undefined ? undefined : sum + byteCount;
  }
  return sum;
}
