import { expect } from '@jest/globals';
import type { AppliedBlock, Catalog } from '../catalog.js';
import type { Change } from '../change.js';
import type { SiteRules } from '../sqlite/site-rules.js';
import { appliedAfter, hourAt } from './applied-after.js';
import { closeCollected } from './close-collected.js';
import { dump, type DumpSource } from './dump.js';
import { rowAt, uidOf } from './records.js';
import { type Content, KEYS, RINGS } from './random-content.js';
import type { History, Step } from './random-history.js';
import { createGivenKeys, type GivenKeys } from './given-keys.js';
import { readSome } from './read-some.js';

export type Shown = Pick<SiteRules, 'siteOrder' | 'additions'>;

/** Where two catalogues of one site, with the same annotations, are made for a history. */
export interface HistoryBed {
  /** Opens one, or makes it; a retirement more than one in an hour is held. */
  open(name: HistoryCatalog, shown: Shown): Catalog | Promise<Catalog>;
  source(name: HistoryCatalog): DumpSource | Promise<DumpSource>;
  /** Takes closed ones away; the annotations go with `played`. */
  remove(...names: HistoryCatalog[]): void | Promise<void>;
}
export type HistoryCatalog = 'played' | 'rebuilt';

const WAITING = { kind: 'waiting' } as const;
let playedCount = 0;

/** A catalogue with a history, and the blocks that are left of it. */
interface Played {
  catalog: Catalog;
  shown: Shown;
  chain: AppliedBlock[];
  keys: GivenKeys;
}

/**
 * Plays a history, and compares the catalogue after a step back and at the end, when all is read, with one that is rebuilt from the blocks
 * that are left with the same annotations: every row of every table is the same.
 */
export async function expectRebuild({ contents, steps, middle, order }: History, bed: HistoryBed): Promise<void> {
  const first: Shown = { siteOrder: [], additions: [2] };
  const played: Played = { catalog: await bed.open('played', first), shown: first, chain: [], keys: createGivenKeys() };
  const { keys } = played;
  const reopen = async (shown: Shown) => {
    await played.catalog.close();
    played.catalog = await bed.open('played', shown);
    played.shown = shown;
  };

  const compare = async (): Promise<void> => {
    const waiting = (await played.catalog.waiting({ perSite: 1000 })).map(({ id }) => id);
    const rebuilt = await bed.open('rebuilt', played.shown);
    try {
      for (const [index, { block, changes }] of played.chain.entries()) {
        const isWaiting = ({ logIndex }: Change) => waiting.includes(rowAt(Number(block.number), logIndex));
        /** A key has come since. */
        const isOpen = ({ reading, image }: Change & { kind: 'announced' }) =>
          reading.kind === 'locked' && keys.open(image);
        await rebuilt.apply(
          block,
          changes.map((each) =>
            each.kind === 'announced' && (isWaiting(each) || isOpen(each)) ? { ...each, reading: WAITING } : each,
          ),
        );
        if ((order + index) % 3 === 0) await readSome(rebuilt, { contents, keys, many: 2, order, except: waiting });
      }
      await readSome(rebuilt, { contents, keys, many: Infinity, order: order + 1, except: waiting });
      expect(await dump(await bed.source('rebuilt'))).toEqual(await dump(await bed.source('played')));
      for (const made of [(each: Catalog) => each.faults(), (each: Catalog) => each.locked(), ownImages])
        expect(await made(rebuilt)).toEqual(await made(played.catalog));
    } finally {
      await rebuilt.close();
      await bed.remove('rebuilt');
    }
  };

  try {
    let isCompared = false;
    for (const [index, step] of steps.entries()) {
      await play(played, step, { contents, index, reopen });
      if (isCompared || index < middle || step.kind !== 'back') continue;
      isCompared = true;
      await compare();
    }
    // What an admin releases is read again.
    await readSome(played.catalog, { contents, keys, many: Infinity, order });
    expect(played.catalog.projection.backlog().waiting).toBe(0);
    for (const siteId of [3, 2, 1]) for (const ringId of RINGS) await give(played, { siteId, ringId });
    await readSome(played.catalog, { contents, keys, many: Infinity, order });
    expect(await played.catalog.locked()).toEqual([]);
    await compare();
  } finally {
    await played.catalog.close();
    await bed.remove('played', 'rebuilt');
    if (++playedCount % 10 === 0) await closeCollected();
  }
}

/** What this site has under the UIDs of the history. */
const ownImages = (catalog: Catalog): unknown[] => KEYS.map((of) => catalog.projection.own(uidOf(of)));

async function give({ catalog, keys }: Played, given: Parameters<Catalog['unlock']>[0]): Promise<void> {
  keys.add(given);
  await catalog.unlock(given);
}

async function play(
  played: Played,
  step: Step,
  { contents, index, reopen }: { contents: readonly Content[]; index: number; reopen: (shown: Shown) => Promise<void> },
): Promise<void> {
  const { catalog, chain, keys } = played;
  const by = 'admin';
  switch (step.kind) {
    case 'block': {
      const applied = appliedAfter(chain.at(-1)?.block.number ?? -1n, step, { contents, keys, fork: index });
      await catalog.apply(applied.block, applied.changes);
      chain.push(applied);
      return;
    }
    case 'back': {
      if (chain.length <= step.by) return;
      chain.length -= step.by;
      const to = chain.at(-1)?.block;
      if (!to) return;
      const blocks: AppliedBlock[] = [];
      for (const each of step.blocks)
        blocks.push(appliedAfter(blocks.at(-1)?.block.number ?? to.number, each, { contents, keys, fork: index }));
      await catalog.rollback(to, blocks);
      chain.push(...blocks);
      return;
    }
    case 'read':
      return readSome(catalog, { contents, keys, ...step });
    case 'unlock': {
      const { siteId, ringId, studyKey, isMeanwhile } = step;
      const given = { siteId, ringId, ...(studyKey !== undefined && { studyKey }) };
      if (!isMeanwhile) return give(played, given);
      return readSome(catalog, { contents, keys, many: Infinity, order: 0 }, () => give(played, given));
    }
    case 'judge':
      return catalog.judge(`content ${step.content}`, step.isGood ? undefined : { reason: 'bytes', detail: 'why' });
    case 'decide':
      await catalog.decide(`content ${step.content}`, { kind: step.isReleased ? 'released' : 'refused', by });
      return;
    case 'retirements': {
      const kind = step.isAccepted ? 'accepted' : 'refused';
      await catalog.decideRetirements({ siteId: step.siteId, hour: hourAt(step.hour) }, { kind, by });
      return;
    }
    case 'stop':
      for (let times = 0; times < 2; times++) await catalog.begin(`content ${step.content}`);
      return reopen(played.shown);
    case 'reopen':
      return reopen(step);
  }
}
