const sayEveryMs = 30_000;

/** Tells how far the run is and how long it will still take; `seconds` are the estimates until something was measured. */
export function createProgress({ pieces, loads, images, seconds, say }) {
  const work = {
    piece: { what: "pieces stored with the paper's method", all: pieces, seconds: seconds.piece },
    load: { what: "pieces loaded with the paper's method", all: loads, seconds: seconds.load },
    image: { what: 'images stored with dicom-ledger', all: images, seconds: seconds.image },
  };
  for (const one of Object.values(work)) one.done = 0;
  let said = performance.now();

  function done(one, count) {
    const now = performance.now();
    one.since ??= { at: now, done: one.done };
    one.done += count;
    const measured = one.done - one.since.done;
    if (measured > 20) one.seconds = (now - one.since.at) / 1000 / measured;
    if (now - said < sayEveryMs) return;
    said = now;
    say(`${one.done} of ${one.all} ${one.what}; ${duration(left())} left.`);
  }

  function left() {
    return Object.values(work).reduce((sum, one) => sum + Math.max(0, one.all - one.done) * one.seconds, 0);
  }

  return {
    left,
    stored: () => done(work.piece, 1),
    loaded: (count) => done(work.load, count),
    images: (count) => done(work.image, count),
  };
}

export function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
