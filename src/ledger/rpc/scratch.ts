/** Memory for what is read once: megabytes that came and went with every answer would keep the collector busy. */
export interface Scratch {
  begin(): Gathering;
}

/** What comes in parts. Ended by `read` or `drop`, it is not used again. */
export interface Gathering {
  add(part: Uint8Array): void;
  /** Calls `read` with all that came; the bytes are overwritten once it has returned. */
  read<T>(read: (bytes: Buffer) => T): T;
  drop(): void;
}

const FIRST_BYTES = 64 * 1024;
/** What is kept when nobody reads: as many answers as are under way at most, and none that is larger. */
const KEPT = { count: 4, mostBytes: 8 * 1024 * 1024 };

export function createScratch(): Scratch {
  const free: Buffer[] = [];
  return {
    begin: () => {
      let buffer = free.pop() ?? Buffer.allocUnsafeSlow(FIRST_BYTES);
      let used = 0;
      const drop = (): void => {
        if (free.length < KEPT.count && buffer.length <= KEPT.mostBytes) free.push(buffer);
      };
      return {
        add: (part) => {
          if (used + part.length > buffer.length) {
            const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, used + part.length));
            buffer.copy(larger, 0, 0, used);
            buffer = larger;
          }
          buffer.set(part, used);
          used += part.length;
        },
        read: (read) => {
          try {
            return read(buffer.subarray(0, used));
          } finally {
            drop();
          }
        },
        drop,
      };
    },
  };
}
