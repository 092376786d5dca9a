/** Something that work goes through: cores, an uplink, a downlink. What is under way at a time shares it evenly. */
export interface Resource {
  readonly perSecond: number;
  /** For one piece of work: a core cannot be had twice by one thread. */
  readonly mostEach: number;
  readonly jobs: Set<Job>;
}

interface Job {
  left: number;
  rate: number;
  since: number;
  endsAt: number;
  version: number;
  resources: readonly Resource[];
  done: () => void;
}

interface Event {
  at: number;
  order: number;
  act: () => void;
}

/** A discrete-event world: a clock, and resources. Times in seconds, amounts in seconds of one core or in bytes. */
export interface World {
  readonly now: number;
  at(time: number, act: () => void): void;
  after(seconds: number, act: () => void): void;
  /** `perSecond` in all, `mostEach` for one piece of work; all of it unless given. */
  createResource(perSecond: number, mostEach?: number): Resource;
  /** Runs `done` when `amount` has gone through all of `resources` at once, at the pace of the slowest share. */
  work(amount: number, resources: readonly Resource[], done: () => void): void;
  /** Until that time, or until `isOver`. */
  run(untilSeconds: number, isOver?: () => boolean): void;
  /** From 0 to 1. */
  random(): number;
}

/** The same seed gives the same history. */
export function createWorld(seed: number): World {
  const random = seeded(seed);
  const heap: Event[] = [];
  let now = 0;
  let order = 0;

  const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
  function at(time: number, act: () => void): void {
    const event: Event = { at: Math.max(time, now), order: order++, act };
    let i = heap.push(event) - 1;
    for (let up = (i - 1) >> 1; i > 0 && isBefore(event, heap[up]!); up = (i - 1) >> 1) {
      heap[i] = heap[up]!;
      i = up;
    }
    heap[i] = event;
  }
  const after = (seconds: number, act: () => void): void => at(now + seconds, act);

  /** The heap is not empty. */
  function next(): Event {
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return first;
  }

  const createResource = (perSecond: number, mostEach = perSecond): Resource => ({
    perSecond,
    mostEach,
    jobs: new Set(),
  });

  function work(amount: number, resources: readonly Resource[], done: () => void): void {
    const shared = resources.filter(({ perSecond }) => perSecond !== Infinity);
    if (shared.length === 0 || amount <= 0) return after(0, done);
    const job: Job = { left: amount, rate: 0, since: now, endsAt: Infinity, version: 0, resources: shared, done };
    shared.forEach(({ jobs }) => jobs.add(job));
    shared.forEach(repace);
  }

  function repace({ jobs }: Resource): void {
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

  const leftOf = (job: Job): number => Math.max(0, job.left - job.rate * (now - job.since));

  /** An end that has moved later is found out when the earlier time comes. */
  function schedule(job: Job): void {
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

  function end(job: Job): void {
    job.version++;
    job.resources.forEach(({ jobs }) => jobs.delete(job));
    job.resources.forEach(repace);
    job.done();
  }

  function run(untilSeconds: number, isOver: () => boolean = () => false): void {
    while (heap.length > 0 && heap[0]!.at <= untilSeconds && !isOver()) {
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
    createResource,
    work,
    run,
    random,
  };
}

/** Mulberry32: small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
