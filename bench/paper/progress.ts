const SAY_EVERY_MS = 30_000;

interface Work {
  what: string;
  all: number;
  /** Of one. */
  seconds: number;
  done: number;
  since?: { at: number; done: number };
}

export interface Progress {
  /** Seconds. */
  left(): number;
  stored(): void;
  loaded(count: number): void;
  images(count: number): void;
}

export interface ProgressOptions {
  pieces: number;
  loads: number;
  images: number;
  seconds: { piece: number; load: number; image: number };
  say: (sentence: string) => void;
}

/** Tells how far the run is and how long it will still take; `seconds` are the estimates until something was measured. */
export function createProgress({ pieces, loads, images, seconds, say }: ProgressOptions): Progress {
  const work: Record<'piece' | 'load' | 'image', Work> = {
    piece: { what: "pieces stored with the paper's method", all: pieces, seconds: seconds.piece, done: 0 },
    load: { what: "pieces loaded with the paper's method", all: loads, seconds: seconds.load, done: 0 },
    image: { what: 'images stored with dicom-ledger', all: images, seconds: seconds.image, done: 0 },
  };
  let said = performance.now();

  function done(one: Work, count: number): void {
    const now = performance.now();
    one.since ??= { at: now, done: one.done };
    one.done += count;
    const measured = one.done - one.since.done;
    if (measured > 20) one.seconds = (now - one.since.at) / 1000 / measured;
    if (now - said < SAY_EVERY_MS) return;
    said = now;
    say(`${one.done} of ${one.all} ${one.what}; ${duration(left())} left.`);
  }

  function left(): number {
    return Object.values(work).reduce((sum, one) => sum + Math.max(0, one.all - one.done) * one.seconds, 0);
  }

  return {
    left,
    stored: () => done(work.piece, 1),
    loaded: (count) => done(work.load, count),
    images: (count) => done(work.image, count),
  };
}

export function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
