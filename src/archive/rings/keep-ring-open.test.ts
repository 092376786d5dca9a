import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import path from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { silentLog } from '../../base/log.js';
import { until } from '../../base/testing/until.js';
import { createKeyWrapping } from '../../keyring/key-wrapping.js';
import type { Keyring, OwnRing } from '../../keyring/keyring.js';
import { openKeyring } from '../../keyring/open-keyring.js';
import { rings } from '../../ledger/contract/images.js';
import { fromHex, toHex, type Hex } from '../../ledger/ethereum/hex.js';
import type { Ledger } from '../../ledger/ledger.js';
import { openSitesBed, type SitesBed } from '../../ledger/testing/sites-bed.js';
import { createProgress, type Progress } from '../project/progress.js';
import type { RingChoice } from './choose-ring.js';
import { keepRingOpen, type KeepRingOpenDependencies, type OpenRing } from './keep-ring-open.js';

/** The prefix of all studies. */
const WHOLE = '';
const BLOCK = `0x${'00'.repeat(32)}` as const;

let bed: SitesBed;
let ledger: Ledger;
/** Sites 2 and 3. */
let others: Record<number, Ledger>;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-ring-'));
  bed = await openSitesBed(3);
  ledger = await bed.open(1);
  others = { 2: await bed.open(2), 3: await bed.open(3) };
});
afterAll(async () => {
  await bed.close();
  await rm(root, { recursive: true });
});

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function keyringIn(name: string): Promise<Keyring> {
  const keyring = await openKeyring({
    folder: path.join(root, name),
    owner: { chainId: ledger.chainId, consortium: fromHex(bed.consortium), siteId: ledger.siteId },
    wrapping: createKeyWrapping({ allowsClear: true }),
  });
  open.push(keyring);
  return keyring;
}

type Ringed = KeepRingOpenDependencies['ledger'];

interface Kept {
  kept: OpenRing;
  progress: Progress;
  /** What was found last. */
  choice: () => RingChoice | undefined;
  /** The ring that is written to, once it is for these sites. */
  writtenFor: (audience: number[]) => Promise<OwnRing>;
  /** The ring that others are to acknowledge, once it is for these sites. */
  awaitedFor: (audience: number[]) => Promise<OwnRing>;
}

interface KeepOptions {
  year?: number | (() => number);
  share?: number[];
  atHead?: boolean;
  /** What goes another way than that of the ledger. */
  differs?: Partial<Ringed>;
}

/** Follows the head of the chain as the follower of a site does. */
function keep(keyring: Keyring, { year = 2030, share = [], atHead = true, differs = {} }: KeepOptions = {}): Kept {
  const progress = createProgress();
  let choice: RingChoice | undefined;
  if (atHead) progress.advance({ number: 1_000_000n, hash: BLOCK });
  const on: Ringed = Object.assign(Object.create(ledger) as Ringed, differs);
  const now = (): Date => new Date(Date.UTC(typeof year === 'number' ? year : year(), 5));
  const onChoice = (found: RingChoice): void => void (choice = found);
  const kept = keepRingOpen({ keyring, ledger: on, progress, log: silentLog }, { share, onChoice, now });
  open.push(kept);
  const isFor = (ring: OwnRing | undefined, audience: number[]): ring is OwnRing =>
    ring !== undefined && JSON.stringify(ring.audience) === JSON.stringify(audience);
  return {
    ...{ kept, progress, choice: () => choice },
    writtenFor: (audience) =>
      until(`a ring for ${audience.join(',')} to be written to`, async () => {
        const ring = await kept.writing();
        return isFor(ring, audience) && ring;
      }),
    awaitedFor: (audience) =>
      until(
        `a ring for ${audience.join(',')} to be awaited`,
        () => isFor(choice?.ring, audience) && choice.awaited.length > 0 && choice.ring,
      ),
  };
}

const onChain = async (ringId: Buffer): Promise<string | undefined> =>
  rings.commitmentOf(bed.rpc, bed.consortium, { siteId: 1, ringId: toHex(ringId) });
const acknowledge = (by: number, { ringId }: OwnRing): Promise<void> =>
  others[by]!.acknowledge({ siteId: 1, ringId: toHex(ringId), studyKey: 0n });

/** Whether it is settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

describe('keepRingOpen', () => {
  it('opens a ring on the chain before it is written to', async () => {
    const { kept } = keep(await keyringIn('first'));
    const { ringId, commitment } = await kept.writing();
    expect(await onChain(ringId)).toBe(toHex(commitment));
  });

  it('gives none before the walk has come to where the chain was at the start', async () => {
    const { kept, progress } = keep(await keyringIn('walk'), { atHead: false });
    const writing = kept.writing();
    expect(await isSettled(writing)).toBe(false);
    progress.advance({ number: 1_000_000n, hash: BLOCK });
    await writing;
  });

  it('goes on with the ring of the year, and makes another in the next', async () => {
    const keyring = await keyringIn('years');
    const years: string[] = [];
    for (const year of [2030, 2030, 2031]) {
      const { kept } = keep(keyring, { year });
      await until('the ring of the year', () => keyring.writing?.year === year);
      years.push(toHex((await kept.writing()).ringId));
      await kept.close();
    }
    const [first, again, next] = years as [Hex, Hex, Hex];
    expect(again).toBe(first);
    expect(next).not.toBe(first);
    expect(await onChain(fromHex(next))).toBeDefined();
  });

  it('makes another when a thief of its account has opened one of the same number before', async () => {
    const keyring = await keyringIn('thief');
    const { ringId } = await keyring.newRing(new Date(Date.UTC(2030, 5)));
    await ledger.openRing(toHex(ringId), `0x${'ab'.repeat(32)}`);
    const { kept } = keep(keyring);
    const other = await kept.writing();
    expect(other.ringId).not.toEqual(ringId);
    expect(await onChain(other.ringId)).toBe(toHex(other.commitment));
  });

  it('tries again, with the same ring, when the chain does not take it', async () => {
    const tried: string[] = [];
    const openRing: Ledger['openRing'] = async (ringId, commitment) => {
      tried.push(ringId);
      if (tried.length === 1) throw new Error('no block comes');
      await ledger.openRing(ringId, commitment);
    };
    const { kept } = keep(await keyringIn('again'), { differs: { openRing } });
    const { ringId } = await kept.writing();
    expect(tried).toEqual([toHex(ringId), toHex(ringId)]);
  });

  it('ends while no block comes', async () => {
    const differs = { openRing: () => new Promise<void>(() => undefined) };
    const { kept } = keep(await keyringIn('no block'), { differs });
    const writing = kept.writing();
    expect(await isSettled(writing)).toBe(false);
    const refused = expect(writing).rejects.toMatchObject({ code: 'unavailable' });
    await kept.close();
    await refused;
  });

  it('tells who waits that the server stops', async () => {
    const { kept } = keep(await keyringIn('stop'), { atHead: false });
    const refused = expect(kept.writing()).rejects.toMatchObject({ code: 'unavailable' });
    await kept.close();
    await refused;
  });

  it('refuses while this site is dismissed and a ring is to be opened, and opens it when the site is admitted again', async () => {
    const keyring = await keyringIn('dismissed');
    const { kept } = keep(keyring);
    const before = await kept.writing();
    await bed.decide('dismissSite', 1, Math.floor(Date.now() / 1000));
    expect(await kept.writing()).toEqual(before);
    await keyring.puncture({ siteId: 1 }, [WHOLE]);
    await expect(kept.writing()).rejects.toMatchObject({ code: 'site-not-admitted' });
    await bed.decide('readmitSite', 1);
    const after = await until('a ring to be opened', () => kept.writing().catch(() => undefined));
    expect(await onChain(after.ringId)).toBe(toHex(after.commitment));
  });

  it('writes to another ring once nothing of the present one is left', async () => {
    const keyring = await keyringIn('punctured');
    const { kept } = keep(keyring);
    const before = await kept.writing();
    await keyring.puncture({ siteId: 1 }, [WHOLE]);
    const after = await kept.writing();
    expect(after.ringId).not.toEqual(before.ringId);
    expect(await onChain(after.ringId)).toBe(toHex(after.commitment));
  });
});

describe('keepRingOpen with others that can read', () => {
  it('writes for this site alone until all others have acknowledged', async () => {
    const keyring = await keyringIn('audience');
    const { writtenFor, awaitedFor, choice } = keep(keyring, { share: [3, 2] });
    const alone = await writtenFor([]);
    const both = await awaitedFor([2, 3]);
    expect(choice()).toMatchObject({ awaited: [2, 3], notAdmitted: [] });
    await acknowledge(3, both);
    await until('one to be awaited', () => choice()?.awaited.join() === '2');
    expect(keyring.writing).toEqual(alone);
    await acknowledge(2, both);
    expect(await writtenFor([2, 3])).toEqual(both);
    expect(await ledger.sharedWith(toHex(alone.ringId))).toEqual([]);
    expect(await ledger.sharedWith(toHex(both.ringId))).toEqual([2, 3]);
  });

  it('goes on with the narrower ring while a further site is awaited, and with the old year while the new one is', async () => {
    const keyring = await keyringIn('wider');
    let year = 2030;
    const first = keep(keyring, { share: [2], year });
    await acknowledge(2, await first.awaitedFor([2]));
    const narrow = await first.writtenFor([2]);
    await first.kept.close();

    const second = keep(keyring, { share: [2, 3], year: () => year });
    const wide = await second.awaitedFor([2, 3]);
    expect(await second.kept.writing()).toEqual(narrow);
    for (const site of [2, 3]) await acknowledge(site, wide);
    await second.writtenFor([2, 3]);

    year = 2031;
    const next = await until('the ring of 2031', () => second.choice()?.ring.year === 2031 && second.choice()?.ring); // prettier-ignore
    expect(await second.kept.writing()).toEqual(wide);
    for (const site of [2, 3]) await acknowledge(site, next);
    await until('the ring of 2031 to be written to', async () => (await second.kept.writing()).year === 2031);
  });

  it('writes nothing more for a site that is taken out or dismissed', async () => {
    const keyring = await keyringIn('narrower');
    const first = keep(keyring, { share: [2, 3] });
    const both = await first.awaitedFor([2, 3]);
    for (const site of [2, 3]) await acknowledge(site, both);
    await first.writtenFor([2, 3]);
    await first.kept.close();

    // Taken out while the server was stopped: not one store goes to the wider ring.
    const second = keep(keyring, { share: [2] });
    expect((await second.kept.writing()).audience).toEqual([]);
    const narrow = await second.awaitedFor([2]);
    await acknowledge(2, narrow);
    await second.writtenFor([2]);

    // Dismissed while it runs.
    await bed.decide('dismissSite', 2, Math.floor(Date.now() / 1000));
    await second.writtenFor([]);
    expect(second.choice()).toMatchObject({ audience: [], notAdmitted: [2], awaited: [] });
    await bed.decide('readmitSite', 2);
    // It has the ring of before, which is written to at once.
    expect(await second.writtenFor([2])).toEqual(narrow);
  });

  it('writes nothing more to a ring that a person shares with another site', async () => {
    const keyring = await keyringIn('shared by hand');
    const { kept, awaitedFor, writtenFor, choice } = keep(keyring, { share: [2] });
    await acknowledge(2, await awaitedFor([2]));
    const before = await writtenFor([2]);
    await ledger.share({ ringId: toHex(before.ringId), siteId: 3, studyKey: 0n, mayAdd: false });
    await writtenFor([]);
    const next = await awaitedFor([2]);
    expect(next.ringId).not.toEqual(before.ringId);
    await acknowledge(2, next);
    expect((await writtenFor([2])).ringId).toEqual(next.ringId);
    // A study alone is no matter of what else is stored.
    await ledger.share({ ringId: toHex(next.ringId), siteId: 3, studyKey: 9n, mayAdd: false });
    const last = choice();
    kept.lookAgain();
    await until('another look', () => choice() !== last);
    expect((await kept.writing()).ringId).toEqual(next.ringId);
  });

  it('says which sites are not admitted', async () => {
    const { writtenFor, choice } = keep(await keyringIn('stranger'), { share: [77] });
    await writtenFor([]);
    expect(choice()).toMatchObject({ audience: [], notAdmitted: [77] });
  });

  const STEPS = ['openRing', 'share', 'isAdmitted', 'sharedWith', 'acknowledgedBy', 'recovered'] as const;

  it.each(STEPS)('comes to the same end when the server dies at any time it uses %s', async (step) => {
    const dying = <A extends unknown[], R>(call: (...given: A) => Promise<R>, at: number, after: boolean) => {
      let calls = 0;
      return async (...given: A): Promise<R> => {
        if (++calls < at) return call(...given);
        if (after) await call(...given);
        return new Promise<never>(() => isDead.add(at));
      };
    };
    const isDead = new Set<number>();
    const name = `dies at ${step}`;
    for (const after of [false, true])
      for (const at of [1, 2]) {
        const keyring = await keyringIn(name);
        const call = ledger[step].bind(ledger) as (...given: unknown[]) => Promise<unknown>;
        const { kept, choice } = keep(keyring, { share: [2], differs: { [step]: dying(call, at, after) } });
        await until(`the end at ${step}`, () => isDead.delete(at) || choice() !== undefined);
        await kept.close();
        await keyring.close();
      }
    const keyring = await keyringIn(name);
    const { awaitedFor, writtenFor } = keep(keyring, { share: [2] });
    const alone = await writtenFor([]);
    const ring = await awaitedFor([2]);
    await acknowledge(2, ring);
    await writtenFor([2]);
    // One ring for each audience, however often it was begun.
    expect(keyring.rings().map(({ ringId }) => toHex(ringId)).sort()).toEqual([alone, ring].map(({ ringId }) => toHex(ringId)).sort()); // prettier-ignore
    expect(await ledger.sharedWith(toHex(alone.ringId))).toEqual([]);
  });
});
