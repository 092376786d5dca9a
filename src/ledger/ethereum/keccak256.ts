import createKeccakHash from 'keccak';

/** The sponge of the package, native where the addon loads. */
interface Sponge {
  initialize(rateBits: number, capacityBits: number): void;
  absorb(bytes: Buffer): void;
  absorbLastFewBits(delimitedBits: number): void;
  squeeze(byteCount: number): Buffer;
}

// The package makes a stream with a sponge in it for each hash, which costs a third of hashing a chunk. One sponge serves all.
const sponge = (createKeccakHash('keccak256') as unknown as { _state: Sponge })._state;

/** Keccak-256 (not SHA3-256) of the parts one after the other, 32 bytes. Native where the addon loads. */
export function keccak256(...parts: Buffer[]): Buffer {
  sponge.initialize(1088, 512);
  for (const part of parts) sponge.absorb(part);
  sponge.absorbLastFewBits(0x01);
  return sponge.squeeze(32);
}
