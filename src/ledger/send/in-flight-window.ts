/** A wish to put bytes on their way. */
export interface SlotRequest {
  byteCount: number;
  /** Goes before all that is not: headers, previews, announcements, withdrawals, retirements. */
  urgent: boolean;
  /** Bytes of the same image that are still to come, this slot's included. */
  bytesLeft: number;
}

/** Bounds the bytes that are signed and not yet in a block, and says who is next. */
export interface InFlightWindow {
  readonly bytesInFlight: number;
  /** Bounds what enters from now on. */
  resize(limitBytes: number): void;
  /** Resolves with a function that gives the bytes free again. Rejects once closed. */
  enter(request: SlotRequest): Promise<() => void>;
  /** Counts bytes that are on their way already, whatever the bound. */
  occupy(byteCount: number): () => void;
  close(reason: Error): void;
}

interface Waiter extends SlotRequest {
  resolve(release: () => void): void;
  reject(error: Error): void;
}

/** What is urgent has room beyond what bulk has filled: a quarter more, but never more than pools have left. */
const URGENT_EXTRA = { share: 0.25, mostBytes: 512 * 1024 };

/** Urgent requests in order; others in turns of the oldest and the one with the least left, so that no size starves. */
export function openInFlightWindow(firstLimitBytes: number): InFlightWindow {
  let limitBytes = firstLimitBytes;
  let bytesInFlight = 0;
  let waiting: Waiter[] = [];
  let oldestTurn = true;
  let closed: Error | undefined;

  function occupy(byteCount: number): () => void {
    bytesInFlight += byteCount;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      bytesInFlight -= byteCount;
      grant();
    };
  }

  const extraBytes = (): number => Math.min(limitBytes * URGENT_EXTRA.share, URGENT_EXTRA.mostBytes);

  function next(): Waiter | undefined {
    const urgent = waiting.find((waiter) => waiter.urgent);
    if (urgent) return urgent;
    if (oldestTurn) return waiting[0];
    return waiting.reduce<Waiter | undefined>(
      (least, waiter) => (least === undefined || waiter.bytesLeft < least.bytesLeft ? waiter : least),
      undefined,
    );
  }

  function grant(): void {
    for (let waiter = next(); waiter !== undefined; waiter = next()) {
      const limit = waiter.urgent ? limitBytes + extraBytes() : limitBytes;
      if (bytesInFlight > 0 && bytesInFlight + waiter.byteCount > limit) return;
      if (!waiter.urgent) oldestTurn = !oldestTurn;
      waiting = waiting.filter((other) => other !== waiter);
      waiter.resolve(occupy(waiter.byteCount));
    }
  }

  return {
    get bytesInFlight() {
      return bytesInFlight;
    },
    resize: (bytes) => {
      limitBytes = bytes;
      grant();
    },
    occupy,
    enter: (request) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(closed);
        waiting.push({ ...request, resolve, reject });
        grant();
      }),
    close: (reason) => {
      closed = reason;
      waiting.forEach((waiter) => waiter.reject(reason));
      waiting = [];
    },
  };
}
