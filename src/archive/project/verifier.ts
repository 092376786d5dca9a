import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { Catalog, CatalogInstance } from '../../catalog/catalog.js';
import type { ContentFault } from '../../dicom/verify/verify-content.js';
import type { Ledger } from '../../ledger/ledger.js';
import { bySite } from './by-site.js';
import { createLater } from './later.js';
import type { Progress } from './progress.js';
import { untilChanged } from './until-changed.js';

export interface VerifierDependencies {
  catalog: Catalog;
  progress: Progress;
  ledger: Pick<Ledger, 'branch'>;
  /** Reads an instance whole and gives what is wrong with it, if anything is, as `verifyStored` does. Rejects when its bytes cannot be had now. */
  verify: (instance: CatalogInstance, branch: number | undefined) => Promise<ContentFault | undefined>;
  log: Log;
}

/** Verifies what other sites have stored, before it counts as ONLINE. */
export interface Verifier {
  /**
   * Verifies an instance that somebody wants to read, before all others. Rejects with `corrupt` when it is not what was announced, and with
   * `unavailable` when its bytes cannot be had now.
   */
  require(instance: CatalogInstance): Promise<void>;
  /** Milliseconds that verifying has taken since the start. */
  readonly spentMs: number;
  close(): Promise<void>;
}

const RETRY_MS = { first: 2000, most: 300_000 };
const TAKEN_PER_SITE = 8;
const LOOK_EVERY_MS = 1000;

/**
 * Verifies sealed instances of other sites in the background, one at a time, the sites in turns. What it comes to is kept with the content,
 * whatever becomes of the block.
 */
export function startVerifier({ catalog, ledger, progress, verify, log }: VerifierDependencies): Verifier {
  const stop = new AbortController();
  const { signal } = stop;
  const later = createLater<number>(RETRY_MS);
  /** By content key: whoever wants to read it waits for the same verification. */
  const underWay = new Map<string, Promise<ContentFault | undefined>>();
  let spentMs = 0;

  const judge = async (instance: CatalogInstance, branch: number | undefined): Promise<ContentFault | undefined> => {
    const { contentKey, imageId, siteId } = instance;
    await catalog.begin(contentKey);
    const began = performance.now();
    const fault = await verify(instance, branch).catch(async (error: unknown) => {
      await catalog.abandon(contentKey);
      throw error;
    });
    spentMs += performance.now() - began;
    await catalog.judge(contentKey, fault);
    if (fault)
      log.warn(
        { imageId, siteId, reason: fault.reason },
        'An instance is not what was announced: it goes into quarantine.',
      );
    progress.changed();
    return fault;
  };

  const judged = (instance: CatalogInstance, branch?: number): Promise<ContentFault | undefined> => {
    const { contentKey } = instance;
    const known = underWay.get(contentKey);
    if (known) return known;
    const judging = judge(instance, branch).finally(() => underWay.delete(contentKey));
    underWay.set(contentKey, judging);
    return judging;
  };

  const verifyNext = async (): Promise<boolean> => {
    if (catalog.standby !== undefined) return false;
    const { branch } = ledger;
    const found = inTurns(await catalog.unverified({ perSite: TAKEN_PER_SITE, except: later.postponed() }));
    for (const instance of found) {
      if (signal.aborted) return true;
      await judged(instance, branch).then(
        () => later.forget(instance.id),
        (error: unknown) => {
          later.postpone(instance.id);
          // Its bytes cannot be had now, or have a form that a later release knows: it stays unverified.
          const isPassing = error instanceof LedgerError && (error.retryable || error.code === 'not-implemented');
          if (!isPassing) log.error({ err: error }, 'An instance could not be verified; it is tried again later.');
        },
      );
    }
    return found.length > 0;
  };

  const verifyForEver = async (): Promise<void> => {
    while (!signal.aborted) {
      const count = progress.changeCount;
      const found = await verifyNext().catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error }, 'What is to be verified could not be looked for.');
        return false;
      });
      if (!found) await untilChanged(progress, count, { ms: LOOK_EVERY_MS, signal });
    }
  };
  const verifying = verifyForEver();

  return {
    get spentMs() {
      return spentMs;
    },
    require: async (instance) => {
      const fault = await judged(instance);
      if (fault === undefined) return;
      throw new LedgerError('corrupt', `Instance ${instance.SOPInstanceUID} is in quarantine: ${fault.detail}`);
    },
    close: async () => {
      stop.abort();
      await verifying;
    },
  };
}

/** One of each site after the other. */
function inTurns(instances: readonly CatalogInstance[]): CatalogInstance[] {
  const sites = bySite(instances);
  const longest = Math.max(0, ...sites.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => sites.flatMap((one) => one[turn] ?? [])).flat();
}
