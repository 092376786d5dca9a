/** Memory for what is read once: megabytes that came and went with every answer would keep the collector busy. */
export interface Scratch {
  /** Calls `read` with all that comes, one after the other; the bytes are overwritten once it has returned. */
  gather<T>(parts: AsyncIterable<Uint8Array>, read: (bytes: Buffer) => T): Promise<T>;
}

const firstBytes = 64 * 1024;
/** What is kept when nobody reads: as many answers as are under way at most, and none that is larger. */
const kept = { count: 4, mostBytes: 8 * 1024 * 1024 };

export function openScratch(): Scratch {
  const free: Buffer[] = [];
  return {
    gather: async (parts, read) => {
      let buffer = free.pop() ?? Buffer.allocUnsafeSlow(firstBytes);
      let used = 0;
      try {
        for await (const part of parts) {
          if (used + part.length > buffer.length) {
            const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, used + part.length));
            buffer.copy(larger, 0, 0, used);
            buffer = larger;
          }
          buffer.set(part, used);
          used += part.length;
        }
        return read(buffer.subarray(0, used));
      } finally {
        if (free.length < kept.count && buffer.length <= kept.mostBytes) free.push(buffer);
      }
    },
  };
}
