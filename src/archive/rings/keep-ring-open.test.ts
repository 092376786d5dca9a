import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import path from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { silentLog } from '../../base/log.js';
import { createKeyWrapping } from '../../keyring/key-wrapping.js';
import type { Keyring } from '../../keyring/keyring.js';
import { openKeyring } from '../../keyring/open-keyring.js';
import { rings } from '../../ledger/contract/images.js';
import { deployRelease2 } from '../../ledger/consortium/deploy-release2.js';
import { fromHex, toHex, type Hex } from '../../ledger/ethereum/hex.js';
import { accountOf } from '../../ledger/keys/sign.js';
import type { Ledger } from '../../ledger/ledger.js';
import { createRpc } from '../../ledger/rpc/rpc.js';
import { embeddedBed } from '../../ledger/testing/embedded-ledger.js';
import { type Bed, openBed } from '../../ledger/testing/ledger-bed.js';
import { createProgress } from '../project/progress.js';
import { keepRingOpen } from './keep-ring-open.js';

const BLOCK = `0x${'00'.repeat(32)}` as const;

let bed: Bed;
let ledger: Ledger;
let consortium: Hex;
let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-ring-'));
  bed = await openBed(embeddedBed(0));
  const contracts = await deployRelease2(bed.provider, {
    key: bed.keys.governor,
    governors: [accountOf(bed.keys.governor)],
    waitSeconds: 0,
    siteName: 'North',
    writers: [accountOf(bed.keys.site)],
    champions: [],
  });
  consortium = contracts.consortium;
  ledger = await bed.open({ contracts: [contracts.images] });
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
    owner: { chainId: ledger.chainId, consortium: fromHex(consortium), siteId: ledger.siteId },
    wrapping: createKeyWrapping({ allowsClear: true }),
  });
  open.push(keyring);
  return keyring;
}

function keep(
  keyring: Keyring,
  {
    year = 2030,
    atHead = true,
    on = ledger,
  }: { year?: number; atHead?: boolean; on?: Pick<Ledger, 'health' | 'openRing'> } = {},
) {
  const progress = createProgress();
  if (atHead) progress.advance({ number: 1_000_000n, hash: BLOCK });
  const kept = keepRingOpen({ keyring, ledger: on, progress, log: silentLog }, () => new Date(Date.UTC(year, 5)));
  open.push(kept);
  return { kept, progress };
}

const onChain = async (ringId: Buffer): Promise<string | undefined> =>
  rings.commitmentOf(createRpc(bed.provider), consortium, { siteId: 1, ringId: toHex(ringId) });

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
      years.push(toHex((await kept.writing()).ringId));
      await kept.close();
    }
    const [first, again, next] = years as [Hex, Hex, Hex];
    expect(again).toBe(first);
    expect(next).not.toBe(first);
    expect(await onChain(fromHex(next))).toBeDefined();
  });

  it('tries again, with the same ring, when the chain does not take it', async () => {
    const keyring = await keyringIn('again');
    const tried: string[] = [];
    const openRing: Ledger['openRing'] = async (ringId, commitment) => {
      tried.push(ringId);
      if (tried.length === 1) throw new Error('no block comes');
      await ledger.openRing(ringId, commitment);
    };
    const { kept } = keep(keyring, { on: { health: ledger.health.bind(ledger), openRing } });
    const { ringId } = await kept.writing();
    expect(tried).toEqual([toHex(ringId), toHex(ringId)]);
  });

  it('ends while no block comes', async () => {
    const on = { health: ledger.health.bind(ledger), openRing: () => new Promise<void>(() => undefined) };
    const { kept } = keep(await keyringIn('no block'), { on });
    const writing = kept.writing();
    expect(await isSettled(writing)).toBe(false);
    await kept.close();
    await expect(writing).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('tells who waits that the server stops', async () => {
    const { kept } = keep(await keyringIn('stop'), { atHead: false });
    const writing = kept.writing();
    await kept.close();
    await expect(writing).rejects.toMatchObject({ code: 'unavailable' });
  });
});
