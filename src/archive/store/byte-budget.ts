/** Bounds the bytes of the instances that are stored at the same time; first come, first served. */
export interface ByteBudget {
  /** Resolves when fewer bytes than the window are in flight; the caller then holds `atLeastBytes`. */
  enter(): Promise<BudgetShare>;
  readonly inFlightBytes: number;
}

export interface BudgetShare {
  /** Holds `byteCount` bytes from now on. */
  grow(byteCount: number): void;
  leave(): void;
}

/** An instance holds this much of the window before its size is known. */
const UNKNOWN_BYTES = 64 * 1024;

export function createByteBudget(windowBytes: number): ByteBudget {
  let inFlightBytes = 0;
  const queue: (() => void)[] = [];
  const admit = (): void => {
    while (queue.length > 0 && inFlightBytes < windowBytes) {
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
