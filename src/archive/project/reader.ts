import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { Catalog, LateReading, WaitingImage } from '../../catalog/catalog.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Announcements } from './announcements.js';
import { bySite } from './by-site.js';
import { createLater } from './later.js';
import type { Progress } from './progress.js';
import { untilChanged } from './until-changed.js';

export interface ReaderDependencies {
  ledger: Pick<Ledger, 'branch'>;
  catalog: Catalog;
  announcements: Announcements;
  progress: Progress;
  log: Log;
}

export interface ReaderOptions {
  /** Before an announcement whose bytes could not be had is tried again; doubles with each try. */
  retryMs: { first: number; most: number };
}

/** Reads what waits in the catalogue. */
export interface Reader {
  /** Resolves once nothing waits but what could not be had at the last try. */
  idle(): Promise<void>;
  /** Milliseconds that reading has taken since the start. */
  readonly spentMs: number;
  /** Ends after what is being read. */
  close(): Promise<void>;
}

const DEFAULTS: ReaderOptions = { retryMs: { first: 500, most: 60_000 } };
/** Of each site so many are taken at a time, and so many of them are read at once: together no more than 8 MiB inflated. */
const TAKEN_PER_SITE = 32;
const AT_ONCE_PER_SITE = 4;
/** So many that were read go into the catalogue together, where there are so many. */
const READINGS_TOGETHER = 16;
/** A site whose announcement took so long to read rests for so many times as long, so that others are read meanwhile. */
const LONG_MS = 400;
const RESTS = 3;
/** Where nothing tells that there is more to read, it is looked for so often. */
const LOOK_EVERY_MS = 1000;

/**
 * Reads announcements that wait, the sites side by side and each site's in the order of the chain, so that none delays another's. One at
 * which the process has died before is read alone. Each is written down before it is begun.
 */
export function startReader(dependencies: ReaderDependencies, options: Partial<ReaderOptions> = {}): Reader {
  const { ledger, catalog, announcements, progress, log } = dependencies;
  const stop = new AbortController();
  const { signal } = stop;
  const later = createLater<number>({ ...DEFAULTS, ...options }.retryMs);
  /** By site, while some of its announcements are being read. */
  const lanes = new Map<number, Promise<void>>();
  let isIdle = false;
  let spentMs = 0;

  const readOne = async (image: WaitingImage, branch: number): Promise<LateReading | undefined> => {
    const { id, contentKey, imageId, siteId, isReleased, unlockCount, announcedBlock } = image;
    await catalog.begin(contentKey);
    try {
      return {
        id,
        contentKey,
        isReleased,
        unlockCount,
        reading: await announcements.read(image, { isReleased, since: { block: announcedBlock, branch } }),
      };
    } catch (error) {
      await catalog.abandon(contentKey);
      later.postpone(id);
      const isPassing = error instanceof LedgerError && error.retryable;
      const fields = { imageId, siteId, ...(isPassing ? { error: error.message } : { err: error }) };
      log[isPassing ? 'debug' : 'error'](fields, 'An announcement could not be read; it is tried again later.');
      return undefined;
    }
  };

  const readSome = async (images: readonly WaitingImage[], branch: number): Promise<void> => {
    const limit = pLimit(AT_ONCE_PER_SITE);
    let done: LateReading[] = [];
    const putIn = async (): Promise<void> => {
      const readings = done;
      done = [];
      if (readings.length === 0) return;
      await catalog.read(readings);
      for (const { id } of readings) later.forget(id);
      progress.changed();
    };
    await Promise.all(
      oneOfEachContent(images).map((image) =>
        limit(async () => {
          if (signal.aborted) return;
          const began = performance.now();
          const one = await readOne(image, branch);
          const tookMs = performance.now() - began;
          spentMs += tookMs;
          if (one) done.push(one);
          const isLong = tookMs > LONG_MS;
          if (isLong || done.length >= READINGS_TOGETHER) await putIn();
          if (isLong) await delay(RESTS * tookMs, undefined, { signal }).catch(() => undefined);
        }),
      ),
    );
    await putIn();
  };

  const logFailure = (error: unknown): void => {
    if (!signal.aborted) log.error({ err: error }, 'What waits to be read could not be read; it is tried again.');
  };

  const startLane = (siteId: number, images: readonly WaitingImage[], branch: number): void => {
    const lane = readSome(images, branch)
      .catch(async (error: unknown) => {
        logFailure(error);
        await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      })
      .then(() => {
        lanes.delete(siteId);
        progress.changed();
      });
    lanes.set(siteId, lane);
  };

  /** Whether there was anything to read. */
  const readNext = async (): Promise<boolean> => {
    if (catalog.standby !== undefined) return false;
    const { branch } = ledger;
    const found = await catalog.waiting({ perSite: TAKEN_PER_SITE, except: later.postponed() });
    const suspects = found.filter(({ tries }) => tries > 0);
    if (suspects.length > 0) {
      await Promise.all(lanes.values());
      for (const suspect of suspects) await readSome([suspect], branch);
    } else
      for (const images of bySite(found)) {
        const { siteId } = images[0]!;
        if (!lanes.has(siteId)) startLane(siteId, images, branch);
      }
    return found.length > 0;
  };

  const readForEver = async (): Promise<void> => {
    while (!signal.aborted) {
      const count = progress.changeCount;
      const wasIdle = isIdle;
      isIdle = !(await readNext().catch((error: unknown) => {
        logFailure(error);
        return true;
      }));
      if (isIdle && !wasIdle) progress.changed();
      else await untilChanged(progress, count, { ms: LOOK_EVERY_MS, signal });
    }
    await Promise.all(lanes.values());
  };
  const reading = readForEver();

  return {
    get spentMs() {
      return spentMs;
    },
    idle: async () => {
      const hasNothingToDo = (): boolean => isIdle && catalog.projection.backlog().waiting <= later.postponed().length;
      await progress.until(() => hasNothingToDo() || undefined);
    },
    close: async () => {
      stop.abort();
      await reading;
    },
  };
}

/** What is begun is known by its content, so that of equal ones the others come later. */
const oneOfEachContent = (images: readonly WaitingImage[]): WaitingImage[] => [
  ...new Map(images.map((image) => [image.contentKey, image])).values(),
];
