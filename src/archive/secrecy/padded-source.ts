import { type ByteSource, requireWithin } from '../../base/byte-source.js';

/** The bytes of a source, and zeros behind them up to `byteCount`. */
export function paddedSource(source: ByteSource, byteCount: number): ByteSource {
  return {
    byteCount,
    read: async (offset, wanted) => {
      requireWithin(offset, wanted, byteCount);
      const there = Math.max(0, Math.min(wanted, source.byteCount - offset));
      if (there === 0) return Buffer.alloc(wanted);
      const bytes = await source.read(offset, there);
      return there === wanted ? bytes : Buffer.concat([bytes], wanted);
    },
  };
}
