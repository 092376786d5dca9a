import { setTimeout as delay } from 'node:timers/promises';
import { applyLabelRules } from './apply-label-rules.js';
import { changesOf, type ReadEventsDependencies, type ReadEvents, readEvents } from './read-events.js';
import type { Progress } from './progress.js';
import type { AppliedBlock, Catalog, Change } from '../../catalog/catalog.js';
import type { LabelRule } from '../../catalog/label-rules.js';
import { LedgerError } from '../../base/errors.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { BlockRef } from '../../ledger/ethereum/block-ref.js';
import type { BlockStep } from '../../ledger/ledger.js';

export interface FollowerDependencies extends Omit<ReadEventsDependencies, 'believesNodes'> {
  catalog: Catalog;
  progress: Progress;
  /** Which labels studies get by what is announced of them; none unless told. */
  labelRules?: readonly LabelRule[];
}

export interface FollowerOptions {
  /** Before a block that cannot be read is tried again; doubles with each try. */
  retryMs: { first: number; most: number };
  /** A block that cannot be read for so long is an error in the log, again and again. */
  alarmMs: number;
  /**
   * Bytes that stay wrong for so long are taken for what a member announced, not for what a node damaged, and are left out. With
   * two nodes that shows at once; with one, a single false announcement would stop the catalogue for ever.
   */
  believeMs: number;
}

export interface Follower {
  /** Ends the walk after the block it is at. */
  close(): Promise<void>;
}

const DEFAULTS: FollowerOptions = { retryMs: { first: 250, most: 5000 }, alarmMs: 15_000, believeMs: 600_000 };

/** Walks the chain and projects every block into the catalogue: this site's own stores and everyone else's alike. */
export function startFollower(dependencies: FollowerDependencies, options: Partial<FollowerOptions> = {}): Follower {
  const stop = new AbortController();
  const walking = walkForEver(dependencies, { ...DEFAULTS, ...options, signal: stop.signal });
  return {
    close: async () => {
      stop.abort();
      await walking;
    },
  };
}

/** The block that the walk cannot get over. */
interface Standstill {
  block: BlockRef;
  tries: number;
  saidAt: number;
  since: number;
}

async function walkForEver(
  dependencies: FollowerDependencies,
  { retryMs, alarmMs, believeMs, signal }: FollowerOptions & { signal: AbortSignal },
): Promise<void> {
  const { log } = dependencies;
  let standstill: Standstill | undefined;
  while (!signal.aborted) {
    /** The block that is being read. */
    let block: BlockRef | undefined;
    try {
      const believed = standstill && Date.now() - standstill.since >= believeMs ? standstill.block.hash : undefined;
      await walk(dependencies, { signal, believed, onBlock: (next) => (block = next) });
    } catch (error) {
      if (signal.aborted) return;
      const isNew = !standstill || standstill.block.hash !== block?.hash;
      if (block && isNew) standstill = { block, tries: 0, saidAt: Date.now(), since: Date.now() };
      else if (!block) standstill = undefined;
      const message = (error as Error).message;
      // A node behind, or a block that a reorganisation is about to replace: the next try walks on.
      const isPassing = error instanceof LedgerError && error.retryable;
      if (!isPassing) log.error({ err: error }, 'The walk along the chain broke off and begins again at the cursor.');
      else if (standstill && Date.now() - standstill.saidAt >= alarmMs) {
        standstill.saidAt = Date.now();
        log.error(
          { block: Number(standstill.block.number), tries: standstill.tries, error: message },
          'The catalogue stands still: no node gives the bytes that a block announces. Check the nodes.',
        );
      }
      const tries = standstill ? ++standstill.tries : 1;
      const waitMs = isPassing ? Math.min(retryMs.most, retryMs.first * 2 ** (tries - 1)) : retryMs.most;
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function walk(
  { ledger, catalog, pseudonyms, progress, labelRules = [], log }: FollowerDependencies,
  { signal, believed, onBlock }: { signal: AbortSignal; believed: Hex | undefined; onBlock: (block: BlockRef) => void },
): Promise<void> {
  const { projection, annotations } = catalog;
  const cursor = projection.cursor();
  if (cursor) progress.advance({ number: cursor.number, hash: cursor.hash as Hex });
  const steps = ledger.follow({
    after: cursor && { number: cursor.number, hash: cursor.hash as Hex },
    hashAt: (number) => projection.hashAt(number) as Hex | undefined,
    signal,
  });
  const read = (step: BlockStep): Promise<ReadEvents> => {
    onBlock(step.block);
    return readEvents({ ledger, pseudonyms, log, believesNodes: step.block.hash === believed }, step.events);
  };
  const applied = ({ block, timestamp }: BlockStep, changes: Change[]): AppliedBlock => ({
    block: { ...block, timestamp: Number(timestamp) },
    changes,
  });

  for await (const step of steps) {
    if (step.kind === 'rollback') {
      // All is read before anything changes, and then changed in one go: what is on both branches never vanishes meanwhile.
      const blocks: AppliedBlock[] = [];
      const bodies = new Map<string, string>();
      const announcedBody = (imageKey: string): string | undefined =>
        bodies.get(imageKey) ?? projection.announcedBody(imageKey, step.to.number);
      for (const next of step.blocks) {
        const changes = changesOf({ announcedBody }, await read(next));
        for (const change of changes) if (change.kind === 'announced') bodies.set(change.imageKey, change.record.body);
        blocks.push(applied(next, changes));
      }
      await applyLabelRules(
        { annotations, labelRules },
        blocks.flatMap(({ changes }) => changes),
      );
      await catalog.rollback(step.to, blocks);
      progress.advance(step.blocks.at(-1)?.block ?? step.to);
      log.info({ block: Number(step.to.number) }, 'The chain was reorganised; the catalogue went back with it.');
    } else {
      const announcedBody = (imageKey: string): string | undefined =>
        projection.announcedBody(imageKey, step.block.number);
      const { block, changes } = applied(step, changesOf({ announcedBody }, await read(step)));
      await applyLabelRules({ annotations, labelRules }, changes);
      await catalog.apply(block, changes);
      progress.advance(step.block);
    }
  }
}
