/** The same bytes as a Buffer, without a copy: what crosses a thread boundary comes as a Uint8Array. */
export function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
