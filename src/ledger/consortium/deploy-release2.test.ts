import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { newestRelease } from '../contract/releases.js';
import { transact } from '../contract/transact.js';
import { openEmbeddedChain, type EmbeddedChain } from '../embedded/embedded-chain.js';
import { fromHex, type Hex } from '../ethereum/hex.js';
import { accountOf } from '../keys/sign.js';
import { createRpc, type Rpc } from '../rpc/rpc.js';
import { createConsortiumReader, imagesInterface } from './consortium-reader.js';
import { contractsAt } from './contracts-at.js';
import { deployRelease2 } from './deploy-release2.js';
import { encodeFounding, type Founding } from './founding.js';
import { readGovernors } from './read-governors.js';
import { requireWaits } from './require-waits.js';

const newAccount = (): Hex => accountOf(randomBytes(32));
const key = randomBytes(32);
const writer = newAccount();
const trial: Founding = {
  ...{ governors: [accountOf(key)], waitSeconds: 0 },
  ...{ siteName: 'site', writers: [writer], champions: [newAccount()] },
};
const network: Founding = {
  ...{ governors: [newAccount(), newAccount(), newAccount()], waitSeconds: 259_200 },
  ...{ siteName: '', writers: [], champions: [] },
};

let folder: string;
let chain: EmbeddedChain;
let rpc: Rpc;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'deploy-release2-'));
  chain = await openEmbeddedChain({ folder, periodMs: 0, genesisAccounts: [accountOf(key)] });
  rpc = createRpc(chain);
});
afterAll(async () => {
  await chain.close();
  await rm(folder, { recursive: true });
});

describe('deployRelease2', () => {
  it('founds a consortium with what it is given, and images that ask it', async () => {
    const { consortium, images } = await deployRelease2(chain, { key, ...trial });
    const reader = createConsortiumReader(rpc, consortium);
    expect(await readGovernors({ rpc, consortium })).toEqual(trial.governors);
    expect((await reader.read('getAccount', trial.champions[0])).map(Number)).toEqual([1, 2]);
    const asked = await createConsortiumReader(rpc, images, imagesInterface).read('consortium');
    expect(String(asked[0]).toLowerCase()).toBe(consortium);
    expect(await contractsAt(rpc, images)).toEqual({ release: 2, consortium, images });
    expect(await contractsAt(rpc, consortium)).toEqual({ release: 2, consortium, images: undefined });
  });

  it('gives both again, and others for another founding', async () => {
    const first = await deployRelease2(chain, { key, ...network });
    const nonce = await rpc.nonce(accountOf(key), 'latest');
    expect(await deployRelease2(chain, { key, ...network })).toEqual(first);
    expect(await rpc.nonce(accountOf(key), 'latest')).toBe(nonce);
    const longer = await deployRelease2(chain, { key, ...network, waitSeconds: 259_201 });
    expect(longer.consortium).not.toBe(first.consortium);
    expect(longer.images).not.toBe(first.images);
  });

  it('goes on with a consortium whose images are missing', async () => {
    const founding = { ...trial, siteName: 'First', writers: [], champions: [] };
    const { creationCode } = await newestRelease('Consortium');
    const data = Buffer.concat([fromHex(creationCode), fromHex(encodeFounding(founding))]);
    const nonce = await transact({ rpc }, { key, to: undefined, data, gasLimit: 8_000_000n });
    await deployRelease2(chain, { key, ...founding });
    expect(await rpc.nonce(accountOf(key), 'latest')).toBe(nonce + 2);
  });

  it.each<[string, Partial<Founding>, RegExp]>([
    ['two governors', { governors: network.governors.slice(1) }, /3 to 32 governors, not 2/],
    ['no governor of a trial', { governors: [], waitSeconds: 0 }, /1 to 32 governors, not 0/],
    ['33 governors', { governors: Array.from({ length: 33 }, newAccount) }, /not 33/],
    ['a wait of less than 72 hours', { waitSeconds: 259_199 }, /72 hours to 14 days, not for 259199/],
    ['a wait of more than 14 days', { waitSeconds: 1_209_601 }, /not for 1209601/],
    ['one account twice', { siteName: 'A', champions: [network.governors[1]!] }, /is named twice/],
    ['accounts of a site without a name', { writers: [newAccount()] }, /need its name/],
  ])('refuses %s before anything is sent', async (_what, change, sentence) => {
    const before = await rpc.nonce(accountOf(key), 'latest');
    await expect(deployRelease2(chain, { key, ...network, ...change })).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringMatching(sentence),
    });
    expect(await rpc.nonce(accountOf(key), 'latest')).toBe(before);
  });
});

describe('requireWaits', () => {
  it('refuses a consortium for trials, and takes one that waits', async () => {
    const { consortium } = await deployRelease2(chain, { key, ...trial });
    await expect(requireWaits(rpc, consortium)).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('for trials'),
    });
    await requireWaits(rpc, (await deployRelease2(chain, { key, ...network })).consortium);
  });
});
