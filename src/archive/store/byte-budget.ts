/** Bounds the bytes of the instances that are stored at the same time; first come, first served. */
export interface ByteBudget {
  /** Resolves when fewer bytes than the budget has are held; the caller then holds 64 KiB, until it knows better. */
  enter(): Promise<BudgetShare>;
  /** What all shares hold together. One instance may be larger than the budget. */
  readonly inFlightBytes: number;
}

export interface BudgetShare {
  /** Holds `byteCount` bytes from now on, also after it has left; never waits for room. */
  grow(byteCount: number): void;
  /** Holds nothing any more; leaving twice counts once. */
  leave(): void;
}

/** What an instance holds before its size is known. */
const UNKNOWN_BYTES = 64 * 1024;

export function createByteBudget(maxBytes: number): ByteBudget {
  let inFlightBytes = 0;
  const queue: (() => void)[] = [];
  const admit = (): void => {
    while (queue.length > 0 && inFlightBytes < maxBytes) {
      inFlightBytes += UNKNOWN_BYTES;
      queue.shift()?.();
    }
  };
  return {
    get inFlightBytes() {
      return inFlightBytes;
    },
    enter: async () => {
      await new Promise<void>((resolve) => {
        queue.push(resolve);
        admit();
      });
      let held = UNKNOWN_BYTES;
      const hold = (byteCount: number): void => {
        inFlightBytes += byteCount - held;
        held = byteCount;
        admit();
      };
      return { grow: hold, leave: () => hold(0) };
    },
  };
}
