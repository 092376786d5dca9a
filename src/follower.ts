import { setTimeout as delay } from 'node:timers/promises';
import { type ProjectDependencies, projectEvents } from './archive/project.js';
import type { Progress } from './archive/progress.js';
import type { Catalog } from './catalog/catalog.js';
import type { Hex } from './ledger/ledger.js';

export interface FollowerDependencies extends Omit<ProjectDependencies, 'announcedBody'> {
  catalog: Catalog;
  progress: Progress;
}

export interface Follower {
  /** Ends the walk after the block it is at. */
  close(): Promise<void>;
}

const RETRY_MS = 1000;

/** Walks the chain and projects every block into the catalogue: this site's own stores and everyone else's alike. */
export function startFollower(dependencies: FollowerDependencies): Follower {
  const stop = new AbortController();
  const walking = walkForEver(dependencies, stop.signal);
  return {
    close: async () => {
      stop.abort();
      await walking;
    },
  };
}

async function walkForEver(dependencies: FollowerDependencies, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await walk(dependencies, signal);
    } catch (error) {
      if (signal.aborted) return;
      dependencies.log.error(
        { error: (error as Error).message },
        'The walk along the chain broke off and begins again at the cursor.',
      );
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function walk(
  { ledger, catalog, keys, progress, log }: FollowerDependencies,
  signal: AbortSignal,
): Promise<void> {
  const cursor = catalog.cursor();
  if (cursor) progress.advance({ number: cursor.number, hash: cursor.hash as Hex });
  const steps = ledger.follow({
    after: cursor && { number: cursor.number, hash: cursor.hash as Hex },
    hashAt: (number) => catalog.hashAt(number) as Hex | undefined,
    signal,
  });
  const project: ProjectDependencies = {
    ledger,
    keys,
    log,
    announcedBody: (imageKey) => catalog.image(imageKey)?.body,
  };
  for await (const step of steps) {
    if (step.kind === 'rollback') {
      catalog.rollback(step.to);
      progress.advance(step.to);
      log.info({ block: Number(step.to.number) }, 'The chain was reorganised; the catalogue went back with it.');
    } else {
      const changes = await projectEvents(project, step.events);
      catalog.apply({ ...step.block, timestamp: Number(step.timestamp) }, changes);
      progress.advance(step.block);
    }
  }
}
