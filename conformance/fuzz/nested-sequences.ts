/** PS3.5 §7.5. */
const UNKNOWN_LENGTH = 0xffffffff;

/**
 * `depth` sequences in one another, Referenced Image Sequence (0008,1140) of Referenced Image Sequence, in the spelling that is
 * asked for. `isDefined` tells whether lengths are given or unknown.
 */
export function nestedSequences(
  depth: number,
  { isBig, isExplicit, isDefined }: { isBig: boolean; isExplicit: boolean; isDefined: boolean },
): Buffer {
  const uint = (number: number, byteCount: number): Buffer => {
    const field = Buffer.alloc(byteCount);
    if (isBig) field.writeUIntBE(number, 0, byteCount);
    else field.writeUIntLE(number, 0, byteCount);
    return field;
  };
  const header = (group: number, element: number, length: number): Buffer =>
    Buffer.concat([uint(group, 2), uint(element, 2), uint(length, 4)]);
  let inner: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) {
    const item = Buffer.concat([
      header(0xfffe, 0xe000, isDefined ? inner.length : UNKNOWN_LENGTH),
      inner,
      isDefined ? Buffer.alloc(0) : header(0xfffe, 0xe00d, 0),
    ]);
    const length = uint(isDefined ? item.length : UNKNOWN_LENGTH, 4);
    const vr = isExplicit ? Buffer.from('SQ\0\0') : Buffer.alloc(0);
    inner = Buffer.concat([
      uint(0x0008, 2),
      uint(0x1140, 2),
      vr,
      length,
      item,
      isDefined ? Buffer.alloc(0) : header(0xfffe, 0xe0dd, 0),
    ]);
  }
  return inner;
}
