/** An item or delimitation item of encapsulated pixel data (PS3.5 §A.4), with its length; `element` is the second half of its tag. */
export function item(element: number, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0xfffe, 0);
  head.writeUInt16LE(element, 2);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}
