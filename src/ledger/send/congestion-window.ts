/** How many bytes may be signed and not in a block: as many as the chain takes, shared with the other sites that write. */
export interface CongestionWindow {
  readonly bytes: number;
  /** So many sites write, this one included: each takes an equal part. */
  shareAmong(sites: number): void;
  /** A pool was full: less, once for each block. */
  refused(): void;
  /** A block took something: a little more again. */
  progressed(): void;
}

const SHRINK_BY = 0.7;
/** One transaction of the largest size, as pools count it. */
const GROW_BY_BYTES = 128 * 1024;
/** Header, preview and announcement of an image always fit. */
const LEAST_BYTES = 256 * 1024;

/** Starts at the most there may be; `onChange` is called with each new bound. */
export function createCongestionWindow(
  { mostBytes }: { mostBytes: number },
  onChange: (bytes: number) => void,
): CongestionWindow {
  let sites = 1;
  let allowedBytes = mostBytes;
  let bytes = mostBytes;
  let hasShrunk = false;

  function update(): void {
    const ceiling = Math.max(LEAST_BYTES, mostBytes / sites);
    allowedBytes = Math.min(Math.max(allowedBytes, LEAST_BYTES), ceiling);
    const next = Math.min(allowedBytes, Math.max(mostBytes, LEAST_BYTES));
    if (next === bytes) return;
    bytes = next;
    onChange(bytes);
  }

  return {
    get bytes() {
      return bytes;
    },
    shareAmong: (count) => {
      if (count === sites) return;
      sites = count;
      update();
    },
    refused: () => {
      if (hasShrunk) return;
      hasShrunk = true;
      allowedBytes = bytes * SHRINK_BY;
      update();
    },
    progressed: () => {
      if (!hasShrunk) allowedBytes += GROW_BY_BYTES;
      hasShrunk = false;
      update();
    },
  };
}
