const WORD_BYTES = 4;

/** How many bytes are zero. Most words of four have none: one look says so, which is four times as fast as four. */
export function countZeroBytes(bytes: Uint8Array): number {
  const before = (WORD_BYTES - (bytes.byteOffset % WORD_BYTES)) % WORD_BYTES;
  if (bytes.length < before + WORD_BYTES) return countOneByOne(bytes);
  const wordCount = Math.floor((bytes.length - before) / WORD_BYTES);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + before, wordCount);
  const behind = before + wordCount * WORD_BYTES;
  let zeros = countOneByOne(bytes, 0, before) + countOneByOne(bytes, behind);
  for (let index = 0; index < wordCount; index++) {
    const word = words[index]!;
    // Not zero when a byte is: only then subtracting one from each byte borrows from where no high bit was.
    if (((word - 0x01010101) & ~word & 0x80808080) === 0) continue;
    const at = before + index * WORD_BYTES;
    zeros += countOneByOne(bytes, at, at + WORD_BYTES);
  }
  return zeros;
}

function countOneByOne(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let zeros = 0;
  for (let index = from; index < to; index++) if (bytes[index] === 0) zeros++;
  return zeros;
}
