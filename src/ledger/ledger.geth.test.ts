// About 120 s.
import { until } from '../base/testing/until.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { startGeth, type Geth, type GethOptions } from '../network/testing/geth.js';
import { blocksOf } from './follow/follow.js';
import { quantity, type Hex } from './ethereum/hex.js';
import { openHttpProvider } from './rpc/http-provider.js';
import {
  newImage,
  openBed,
  readWhole,
  sealedBodies,
  startStore,
  untilPending,
  type Bed,
  type BedChain,
} from './testing/ledger-bed.js';
import { describeLedgerConviction } from './testing/ledger-conviction-suite.js';
import { describeLedgerRivals } from './testing/ledger-rivals-suite.js';
import { describeLedger } from './testing/ledger-suite.js';
import { describeLedgerTrust } from './testing/ledger-trust-suite.js';
import type { ChainStep } from './ledger.js';
import { gethUnderTest } from '../network/testing/build-geth.js';

const binary = gethUnderTest();

const hasSeal = (step: ChainStep): boolean =>
  blocksOf(step).some(({ events }) => events.some(({ kind }) => kind === 'sealed'));

let geth: Geth;
let gethOptions: GethOptions;

async function start(folder: string, funded: Hex[]): Promise<BedChain> {
  gethOptions = { binary, folder, funded, api: 'eth,net,debug' };
  geth = await startGeth(gethOptions);
  const provider = openHttpProvider({ url: geth.url });
  return {
    provider,
    close: async () => {
      await provider.close();
      await geth.stop();
    },
  };
}

describeLedger('Ledger on a geth that seals alone, a block a second', start);
describeLedgerTrust('Trust of a Ledger on geth', start);
describeLedgerConviction('Convictions of a Ledger on geth', start);
describeLedgerRivals('Rivals of a Ledger on geth', start);

describe('Ledger on a geth that has accidents', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await openBed(start);
  });
  afterAll(() => bed.close());

  it('sends again what a reorganisation took out, and tells followers to go back', async () => {
    const ledger = await bed.open({ depths: { sealed: 1, final: 1, kept: 8 } });
    const image = newImage(200_000);
    const applied = new Map<bigint, Hex>();
    const ending = new AbortController();
    const steps: ChainStep[] = [];
    const following = (async () => {
      const hashAt = (number: bigint): Hex | undefined => applied.get(number);
      for await (const step of ledger.follow({ after: undefined, hashAt, signal: ending.signal })) {
        steps.push(step);
        for (const { block } of blocksOf(step)) applied.set(block.number, block.hash);
        if (steps.filter(hasSeal).length === 2) break;
      }
    })();
    const before = (await ledger.health()).head!.number;
    await ledger.store(image);
    // The follower sees the first chain before it is replaced.
    while (!steps.some(hasSeal)) await new Promise((resolve) => setTimeout(resolve, 20));
    await bed.provider.request({ method: 'debug_setHead', params: [quantity(before)] });
    await following;
    ending.abort();
    expect(steps.filter(({ kind }) => kind === 'rollback').length).toBeGreaterThanOrEqual(1);
    expect(await bed.image(image.imageId)).toMatchObject({ state: 'sealed' });
    await ledger.close();
  });

  it('stores again what a reorganisation has undone that was deeper than what counts as final', async () => {
    const outboxFolder = await bed.newFolder();
    const ledger = await bed.open({ outboxFolder, stallMs: 2_000 });
    const image = newImage(200_000);
    const before = (await ledger.health()).head!.number;
    await ledger.store(image);
    const [own] = await readdir(outboxFolder);
    await until('an empty outbox', async () => (await readdir(path.join(outboxFolder, own!))).length === 0);
    await bed.provider.request({ method: 'debug_setHead', params: [quantity(before)] });
    await until('the image to be undone', async () => (await bed.image(image.imageId)) === undefined);
    await ledger.store(image);
    expect(await bed.image(image.imageId)).toMatchObject({ state: 'sealed' });
    const { reverted } = await ledger.health();
    expect(reverted).toMatchObject({ count: 1, newest: [{ imageId: image.imageId, resolution: 'sent-again' }] });
    await ledger.close();
  });

  it('goes on when its node is killed and comes back', async () => {
    const ledger = await bed.open({ stallMs: 2_000, privateKey: bed.keys.otherSite });
    const image = newImage(6_000_000);
    const stored = startStore(ledger, image);
    await untilPending(ledger);
    await geth.stop('SIGKILL');
    expect(await ledger.health({ maxAgeMs: 0 })).toMatchObject({ reachable: false });
    geth = await startGeth({ ...gethOptions, httpPort: Number(new URL(geth.url).port) });
    await stored;
    const { instance } = await sealedBodies(ledger, image.imageId);
    expect((await readWhole(ledger, instance)).equals(await image.instance.read(0, 6_000_000))).toBe(true);
  });
});
