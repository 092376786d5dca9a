import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { listGovernors, listSites } from './member-sites.js';
import { deployConsortium, deployContract } from './deploy.js';
import { embeddedBed } from '../testing/embedded-ledger.js';
import { openBed, type Bed } from '../testing/ledger-bed.js';
import { requireReleased } from './releases.js';
import { createRpc, type Rpc } from '../rpc/rpc.js';
import { accountOf } from '../keys/sign.js';

let bed: Bed;
let rpc: Rpc;

beforeAll(async () => {
  bed = await openBed(embeddedBed(0));
  rpc = createRpc(bed.provider);
});
afterAll(() => bed.close());

describe('deployContract', () => {
  it('gives again what this governor has deployed, whatever it did since', async () => {
    const { governor } = bed.keys;
    const again = await deployContract(bed.provider, { governorKey: governor, siteName: 'Z', siteAccounts: [] });
    expect(again).toBe(bed.contract);
    expect((await listSites({ rpc }, { contract: again })).map(({ name }) => name)).toEqual(['North', 'South']);
  });

  it('deploys another for another governor', async () => {
    const parameters = { governorKey: bed.keys.otherSite, siteName: '', siteAccounts: [] };
    const contract = await deployContract(bed.provider, parameters);
    expect(contract).not.toBe(bed.contract);
    await requireReleased(rpc, [contract]);
    expect(await listSites({ rpc }, { contract })).toEqual([]);
  });

  it('says that an account without gas cannot', async () => {
    const parameters = { governorKey: randomBytes(32), siteName: '', siteAccounts: [] };
    await expect(deployContract(bed.provider, parameters)).rejects.toMatchObject({
      code: 'chain-refused',
      message: expect.stringContaining('insufficient funds'),
    });
  });
});

describe('deployConsortium', () => {
  const other = accountOf(randomBytes(32));

  it.each([
    ['no other', () => []],
    ['itself again', () => [accountOf(bed.keys.stranger).toUpperCase().replace('0X', '0x') as `0x${string}`]],
  ])('refuses a consortium of one governor: %s', async (_what, otherGovernors) => {
    const before = await rpc.nonce(accountOf(bed.keys.stranger), 'latest');
    const parameters = { governorKey: bed.keys.stranger, otherGovernors: otherGovernors() };
    await expect(deployConsortium(bed.provider, parameters)).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining('at least two governors'),
    });
    expect(await rpc.nonce(accountOf(bed.keys.stranger), 'latest')).toBe(before);
  });

  it('deploys once, with all governors, though the command is given twice', async () => {
    const parameters = { governorKey: bed.keys.stranger, otherGovernors: [other] };
    const contract = await deployConsortium(bed.provider, parameters);
    expect(await deployConsortium(bed.provider, parameters)).toBe(contract);
    expect(await listGovernors({ rpc }, { contract })).toEqual([accountOf(bed.keys.stranger), other]);
    expect(await listSites({ rpc }, { contract })).toEqual([]);
  });
});
