import createKeccakHash from 'keccak';

/** Keccak-256 (not SHA3-256) of the parts one after the other, 32 bytes. Native where the addon loads. */
export function keccak256(...parts: Buffer[]): Buffer {
  const hash = createKeccakHash('keccak256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
