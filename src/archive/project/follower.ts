import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { AppliedBlock, Catalog } from '../../catalog/catalog.js';
import type { Change } from '../../catalog/change.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { BlockRef } from '../../ledger/ethereum/block-ref.js';
import type { BlockStep, Ledger, Since } from '../../ledger/ledger.js';
import { blockChanges } from './block-changes.js';
import type { Progress } from './progress.js';
import type { Announcements } from './announcements.js';

export interface FollowerDependencies {
  ledger: Pick<Ledger, 'follow' | 'branch' | 'siteId' | 'account'>;
  catalog: Catalog;
  announcements: Announcements;
  progress: Progress;
  /** Is told of each image that is retired: what is kept of its bytes goes. */
  forget?: (imageId: string) => void;
  log: Log;
}

export interface FollowerOptions {
  /** Before a block that cannot be read is tried again; doubles with each try. */
  retryMs: { first: number; most: number };
  /** A block that cannot be read for so long is an error in the log, again and again. */
  alarmMs: number;
}

export interface Follower {
  /** Ends the walk after the block it is at. */
  close(): Promise<void>;
}

const DEFAULTS: FollowerOptions = { retryMs: { first: 250, most: 5000 }, alarmMs: 15_000 };
/** So often a server that does not follow looks whether it is to, and what another one has written. */
const STANDBY_MS = 1000;
/** Of the announcements in one block that are not to wait, so many are read at a time. */
const AT_ONCE = 4;
/** Of this site's own so many do not wait, of others' that are known so many. */
const OWN_IN_BLOCK = 256;
const KNOWN_IN_BLOCK = 32;

/** The block that the walk cannot get over. */
interface Obstacle {
  block: BlockRef;
  tries: number;
  saidAt: number;
}

/**
 * Walks the chain and projects every block into the catalogue, as long as no other server does that. This site's own announcements are read on the way, so that they are there
 * with their block; those of other sites wait for the reader, and hold up nothing.
 */
export function startFollower(dependencies: FollowerDependencies, options: Partial<FollowerOptions> = {}): Follower {
  const stop = new AbortController();
  const { signal } = stop;
  const { catalog, progress, log } = dependencies;
  const { retryMs, alarmMs } = { ...DEFAULTS, ...options };
  let obstacle: Obstacle | undefined;

  /** Another server follows the chain, or the catalogue does not answer: what is in it is shown as it comes. */
  async function standBy(): Promise<void> {
    try {
      const cursor = catalog.projection.cursor();
      if (cursor) progress.advance({ number: cursor.number, hash: cursor.hash as Hex });
    } catch (error) {
      log.debug({ err: error }, 'The catalogue does not answer.');
    }
    await delay(STANDBY_MS, undefined, { signal }).catch(() => undefined);
  }

  async function walkForEver(): Promise<void> {
    while (!signal.aborted) {
      if (!(await catalog.takeOver())) {
        await standBy();
        continue;
      }
      /** The block that is being read. */
      let block: BlockRef | undefined;
      /** Of this walk alone. Not AbortSignal.any: what it makes may be collected, and is then never told (Node 20). */
      const over = new AbortController();
      const endWalk = (): void => over.abort();
      if (signal.aborted) return;
      signal.addEventListener('abort', endWalk);
      // What was written last may be lost with the catalogue's session: the next walk begins at what is there.
      const watch = setInterval(() => catalog.standby === undefined || endWalk(), STANDBY_MS);
      try {
        await walk(dependencies, {
          signal: over.signal,
          onBlock: (next) => (block = next),
          onApplied: () => (obstacle = undefined),
        });
      } catch (error) {
        if (signal.aborted) return;
        if (over.signal.aborted) continue;
        const message = (error as Error).message;
        const isNew = obstacle?.block.hash !== block?.hash;
        if (block && isNew) obstacle = { block, tries: 0, saidAt: Date.now() };
        // What is behind, or is about to be replaced: the next try walks on.
        const isPassing = error instanceof LedgerError && error.retryable;
        if (!isPassing) log.error({ err: error }, 'The walk along the chain broke off and begins again at the cursor.');
        else if (obstacle && Date.now() - obstacle.saidAt >= alarmMs) {
          obstacle.saidAt = Date.now();
          const { tries } = obstacle;
          log.error({ block: Number(obstacle.block.number), tries, error: message }, 'The catalogue stands still.');
        }
        const tries = obstacle ? ++obstacle.tries : 1;
        const waitMs = isPassing ? Math.min(retryMs.most, retryMs.first * 2 ** (tries - 1)) : retryMs.most;
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
      } finally {
        clearInterval(watch);
        signal.removeEventListener('abort', endWalk);
      }
    }
  }
  const walking = walkForEver();

  return {
    close: async () => {
      stop.abort();
      await walking;
    },
  };
}

async function walk(
  dependencies: FollowerDependencies,
  { signal, onBlock, onApplied }: { signal: AbortSignal; onBlock: (block: BlockRef) => void; onApplied: () => void },
): Promise<void> {
  const { ledger, catalog, progress, log } = dependencies;
  const { projection } = catalog;
  const cursor = projection.cursor();
  if (cursor) progress.advance({ number: cursor.number, hash: cursor.hash as Hex });
  const steps = ledger.follow({
    after: cursor && { number: cursor.number, hash: cursor.hash as Hex },
    hashAt: (number) => projection.hashAt(number) as Hex | undefined,
    signal,
  });
  const read = async ({ block, timestamp, events }: BlockStep, isReplacing = false): Promise<AppliedBlock> => {
    onBlock(block);
    const changes = blockChanges(events, { account: ledger.account });
    await readAtOnce(dependencies, changes.filter(isAnnounced), {
      since: { block: block.number, branch: ledger.branch },
      isReplacing,
    });
    return { block: { ...block, timestamp: Number(timestamp) }, changes };
  };

  const forgetRetired = (changes: readonly Change[]): void => {
    for (const change of changes) if (change.kind === 'retired') dependencies.forget?.(change.imageId);
  };

  for await (const step of steps) {
    if (step.kind === 'rollback') {
      // All is read before anything changes, and then changed in one go: what is on both branches never vanishes meanwhile.
      const blocks: AppliedBlock[] = [];
      for (const next of step.blocks) blocks.push(await read(next, true));
      await catalog.rollback(step.to, blocks);
      for (const { changes } of blocks) forgetRetired(changes);
      onApplied();
      progress.advance(step.blocks.at(-1)?.block ?? step.to);
      log.info({ block: Number(step.to.number) }, 'The chain was reorganised; the catalogue went back with it.');
    } else {
      const { block, changes } = await read(step);
      await catalog.apply(block, changes);
      forgetRetired(changes);
      onApplied();
      progress.advance(step.block);
    }
    // While it catches up no step has to be waited for, and the server answers in between.
    await nextTurn();
  }
}

type AnnouncedChange = Extract<Change, { kind: 'announced' }>;
const isAnnounced = (change: Change): change is AnnouncedChange => change.kind === 'announced';

/**
 * Reads what a block announces that is not to wait for the reader, as far as it can be had now: this site's own, and, in a block that
 * replaces another one, some of what was read before and would vanish meanwhile.
 */
async function readAtOnce(
  { ledger, catalog, announcements, log }: FollowerDependencies,
  announced: readonly AnnouncedChange[],
  { since, isReplacing }: { since: Since; isReplacing: boolean },
): Promise<void> {
  const limit = pLimit(AT_ONCE);
  const own = announced.filter(({ image }) => image.siteId === ledger.siteId).slice(0, OWN_IN_BLOCK);
  const known = announced.filter(
    ({ image }) => isReplacing && image.siteId !== ledger.siteId && catalog.projection.isRead(image.contentKey),
  );
  await Promise.all(
    [...own, ...known.slice(0, KNOWN_IN_BLOCK)].map((change) =>
      limit(async () => {
        const { image } = change;
        try {
          const reading = await announcements.read(image, { isReleased: false, since });
          // A key may come before the block is applied: the reader finds out.
          if (reading.kind !== 'locked') change.reading = reading;
        } catch (error) {
          log.warn({ imageId: image.imageId, error: (error as Error).message }, 'An announcement is read later.');
        }
      }),
    ),
  );
}
