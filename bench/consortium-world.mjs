// A discrete-event world: a clock, and resources (cores, uplinks, downlinks) that the work on them shares evenly.

/** Times in seconds, amounts in seconds of one core or in bytes. The same seed gives the same history. */
export function makeWorld(seed) {
  const random = seeded(seed);
  const heap = [];
  let now = 0;
  let order = 0;

  const isBefore = (a, b) => a.at < b.at || (a.at === b.at && a.order < b.order);
  function at(time, act) {
    const event = { at: Math.max(time, now), order: order++, act };
    let i = heap.push(event) - 1;
    for (let up = (i - 1) >> 1; i > 0 && isBefore(event, heap[up]); up = (i - 1) >> 1) {
      heap[i] = heap[up];
      i = up;
    }
    heap[i] = event;
  }
  const after = (seconds, act) => at(now + seconds, act);

  function next() {
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return first;
  }

  /** `perSecond` in all, `mostEach` for one piece of work: a core cannot be had twice by one thread. */
  const makeResource = (perSecond, mostEach = perSecond) => ({ perSecond, mostEach, jobs: new Set() });

  /** Runs `done` when `amount` has gone through all of `resources` at once, at the pace of the slowest share. */
  function work(amount, resources, done) {
    const shared = resources.filter(({ perSecond }) => perSecond !== Infinity);
    if (shared.length === 0 || amount <= 0) return after(0, done);
    const job = { left: amount, rate: 0, since: now, endsAt: Infinity, version: 0, resources: shared, done };
    shared.forEach(({ jobs }) => jobs.add(job));
    shared.forEach(repace);
  }

  function repace({ jobs }) {
    for (const job of jobs) {
      let rate = Infinity;
      for (const { perSecond, mostEach, jobs: all } of job.resources)
        rate = Math.min(rate, mostEach, perSecond / all.size);
      if (rate === job.rate) continue;
      job.left = leftOf(job);
      job.since = now;
      job.rate = rate;
      schedule(job);
    }
  }

  const leftOf = (job) => Math.max(0, job.left - job.rate * (now - job.since));

  /** An end that has moved later is found out when the earlier time comes. */
  function schedule(job) {
    const endsAt = now + job.left / job.rate;
    if (endsAt >= job.endsAt) return;
    job.endsAt = endsAt;
    const version = ++job.version;
    at(endsAt, () => {
      if (job.version !== version) return;
      job.left = leftOf(job);
      job.since = now;
      job.endsAt = Infinity;
      if (job.left / job.rate < 1e-9) end(job);
      else schedule(job);
    });
  }

  function end(job) {
    job.version++;
    job.resources.forEach(({ jobs }) => jobs.delete(job));
    job.resources.forEach(repace);
    job.done();
  }

  function run(untilSeconds, isOver = () => false) {
    while (heap.length > 0 && heap[0].at <= untilSeconds && !isOver()) {
      const event = next();
      now = event.at;
      event.act();
    }
  }

  return {
    get now() {
      return now;
    },
    at,
    after,
    makeResource,
    work,
    run,
    random,
  };
}

/** Mulberry32: small, and the same everywhere. */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
