import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { createConsortium, type Consortium } from './consortium.js';
import { embeddedBed } from '../testing/embedded-ledger.js';
import { until } from '../../base/testing/until.js';
import { eventsUntil, newImage, openBed, type Bed } from '../testing/ledger-bed.js';
import type { Hex } from '../ethereum/hex.js';
import { createRpc, type Rpc } from '../rpc/rpc.js';
import { accountOf } from '../keys/sign.js';

let bed: Bed;
let rpc: Rpc;
let consortium: Consortium;
const newAccount = (): { key: Buffer; account: Hex } => {
  const key = randomBytes(32);
  return { key, account: accountOf(key) };
};
const as = (governorKey: Buffer, over: Rpc = rpc): Promise<Consortium> =>
  createConsortium({ rpc: over }, { contract: bed.contract, governorKey });

beforeAll(async () => {
  bed = await openBed(embeddedBed(0));
  rpc = createRpc(bed.provider);
  consortium = await as(bed.keys.governor);
});
afterAll(() => bed.close());

describe('openConsortium', () => {
  it('refuses an address without a released contract', async () => {
    const opening = createConsortium({ rpc }, { contract: `0x${'12'.repeat(20)}`, governorKey: bed.keys.governor });
    await expect(opening).rejects.toMatchObject({ code: 'misconfigured' });
  });
});

describe('Sites', () => {
  it('are admitted with accounts that can then store, though nobody gave them gas before', async () => {
    const { key, account } = newAccount();
    const siteId = await consortium.admitSite({ name: 'West', accounts: [account] });
    const ledger = await bed.open({ privateKey: key });
    expect([ledger.siteId, ledger.siteName(siteId)]).toEqual([siteId, 'West']);
    await ledger.store(newImage(1_000));
  });

  it('are called what the contract says, as soon as one of them that is new has stored something', async () => {
    const reader = await bed.open();
    const { key, account } = newAccount();
    const siteId = await consortium.admitSite({
      name: ` Far\u0000\u202e\u2028${'r'.repeat(100)}`,
      accounts: [account],
    });
    expect(reader.siteName(siteId)).toBe(`site ${siteId}`);
    const image = newImage(1_000);
    await (await bed.open({ privateKey: key })).store(image);
    await eventsUntil(reader, image.imageId, 'sealed');
    await until('its name', () => reader.siteName(siteId) === `Far${'r'.repeat(61)}`);
    const next = await consortium.admitSite({ name: 'Next', accounts: [newAccount().account] });
    expect((await reader.sites()).slice(-2).map((site) => site.siteId)).toEqual([siteId, next]);
    expect((await reader.sites()).at(0)).toEqual({ siteId: 1, name: 'North' });
  });

  it('are admitted once, though the command is given twice, and get gas that the first time did not bring', async () => {
    const { account } = newAccount();
    await bed.call(bed.keys.governor, 'admitSite', 'Twice', [account]);
    expect(await rpc.balance(account)).toBe(0n);
    const siteId = await consortium.admitSite({ name: 'Twice', accounts: [account] });
    expect(await rpc.balance(account)).toBeGreaterThan(0n);
    expect(await consortium.admitSite({ name: 'Twice', accounts: [account] })).toBe(siteId);
    expect((await consortium.listSites()).filter(({ name }) => name === 'Twice')).toHaveLength(1);
  });

  it('that are admitted at once become as many', async () => {
    const names = ['A', 'B', 'C'];
    const ids = await Promise.all(
      names.map((name) => consortium.admitSite({ name, accounts: [newAccount().account] })),
    );
    expect(new Set(ids).size).toBe(3);
    const sites = await consortium.listSites();
    expect(ids.map((id) => sites.find(({ siteId }) => siteId === id)?.name)).toEqual(names);
  });

  it('are listed with their accounts, through rotation and dismissal', async () => {
    const [old, next] = [newAccount(), newAccount()];
    const siteId = await consortium.admitSite({ name: 'Rotating', accounts: [old.account] });
    const listed = async () => (await consortium.listSites()).find((site) => site.siteId === siteId);
    expect(await listed()).toEqual({
      ...{ siteId, name: 'Rotating', admitted: true },
      ...{ accountCount: 1, accounts: [old.account] },
    });
    await consortium.addSiteAccount(siteId, next.account);
    expect((await listed())?.accounts).toEqual([old.account, next.account]);
    await (await bed.open({ privateKey: next.key })).store(newImage(1_000));

    await consortium.removeSiteAccount(siteId, old.account);
    expect(await listed()).toMatchObject({ accountCount: 1, accounts: [next.account] });
    const stored = bed.open({ privateKey: old.key }).then((ledger) => ledger.store(newImage(1_000)));
    await expect(stored).rejects.toMatchObject({ code: 'site-not-admitted' });

    await consortium.dismissSite(siteId);
    expect(await listed()).toMatchObject({ admitted: false, accountCount: 1, accounts: [next.account] });
    await expect(consortium.dismissSite(siteId)).rejects.toMatchObject({
      message: expect.stringContaining('site list'),
    });
  });

  it('may rotate their own keys, and no other site’s', async () => {
    const north = await as(bed.keys.site);
    const { account } = newAccount();
    await north.addSiteAccount(1, account);
    await north.addSiteAccount(1, account);
    await north.removeSiteAccount(1, account);
    await expect(north.addSiteAccount(2, account)).rejects.toMatchObject({ code: 'site-not-admitted' });
    await expect(north.admitSite({ name: 'X', accounts: [account] })).rejects.toMatchObject({
      code: 'site-not-admitted',
      message: expect.stringMatching(/no governor/),
    });
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'an account of another site',
      () => consortium.admitSite({ name: 'X', accounts: [accountOf(bed.keys.site)] }),
      /is of site 1 already/,
    ],
    ['an empty name', () => consortium.admitSite({ name: '', accounts: [newAccount().account] }), /needs a name/],
    ['no account', () => consortium.admitSite({ name: 'X', accounts: [] }), /needs an account/],
    ['an unknown site', () => consortium.addSiteAccount(99, newAccount().account), /no admitted site 99/],
    ['a strange account', () => consortium.removeSiteAccount(1, newAccount().account), /is none of site 1/],
  ])('refuse %s in a sentence', async (_what, attempt, sentence) => {
    const before = await rpc.nonce(consortium.account, 'latest');
    await expect(attempt()).rejects.toMatchObject({ name: 'LedgerError', message: expect.stringMatching(sentence) });
    expect(await rpc.nonce(consortium.account, 'latest')).toBe(before);
  });

  it('are listed from a node that gives few blocks at a time, and without accounts from one that gives none', async () => {
    const head = 5_000n;
    const within = (most: bigint): Rpc => ({
      ...rpc,
      blockNumber: async () => head,
      logs: async (filter) => {
        if ('from' in filter && filter.to - filter.from >= most)
          throw Object.assign(new Error('range too large'), { code: -32005 });
        return rpc.logs(filter);
      },
    });
    expect(await (await as(bed.keys.governor, within(1_000n))).listSites()).toEqual(await consortium.listSites());
    const without = await (await as(bed.keys.governor, within(0n))).listSites();
    expect(without.map(({ accounts }) => accounts).every((accounts) => accounts === undefined)).toBe(true);
    expect(without[0]).toMatchObject({ name: 'North', accountCount: 1 });
  });
});

describe('Governors', () => {
  it('add others, who can govern though nobody gave them gas, and leave; the last cannot', async () => {
    const { key, account } = newAccount();
    expect(await consortium.listGovernors()).toEqual([consortium.account]);
    await expect(consortium.removeGovernor(consortium.account)).rejects.toMatchObject({
      message: expect.stringMatching(/last governor/),
    });
    await consortium.addGovernor(account);
    await consortium.addGovernor(account);
    expect(await consortium.listGovernors()).toEqual([consortium.account, account]);

    const second = await as(key);
    await second.admitSite({ name: 'By the second', accounts: [newAccount().account] });
    await second.removeGovernor(account);
    expect(await consortium.listGovernors()).toEqual([consortium.account]);
    await expect(second.dismissSite(1)).rejects.toMatchObject({ code: 'site-not-admitted' });
    await expect(consortium.removeGovernor(account)).rejects.toMatchObject({
      message: expect.stringMatching(/is no governor/),
    });
  });
});
