import { beforeEach, describe, expect, it } from '@jest/globals';
import { ZeroHash } from 'ethers';
import { noise } from './testing/body.js';
import { governor, siteA, siteB, stranger, TestLedger } from './testing/ledger.js';
import { account } from './testing/test-chain.js';

const fresh = account(20);
const pieces = [noise('x', 1)];
let ledger: TestLedger;

beforeEach(async () => {
  ledger = await TestLedger.open();
});

function notAGovernor(who: typeof siteA): unknown[] {
  return ['AccessControlUnauthorizedAccount', who.address, ZeroHash];
}

describe('deployment', () => {
  it('admits the first site when it is named, and tells it', async () => {
    const named = await TestLedger.deploy(governor.address, 'St. Elsewhere', [siteA.address, fresh.address]);
    expect(named.deployment.events.map((event) => event.name)).toEqual([
      'RoleGranted',
      'SiteAdmitted',
      'SiteAccountAdded',
      'SiteAccountAdded',
    ]);
    expect(await named.call('getSite', 1)).toMatchObject({ name: 'St. Elsewhere', admitted: true, accountCount: 2n });
    expect(await named.call('siteOf', fresh.address)).toBe(1n);
    expect(await named.call('siteOf', governor.address)).toBe(0n);
    expect(await named.call('governorCount')).toBe(1n);
  });

  it('admits none without a name, and refuses accounts without one', async () => {
    const bare = await TestLedger.deploy(governor.address, '', []);
    expect(await bare.call('siteCount')).toBe(0n);
    await expect(TestLedger.deploy(governor.address, '', [siteA.address])).rejects.toThrow('NameEmpty');
  });
});

describe('sites', () => {
  it('are admitted by a governor under the next number', async () => {
    const { events } = await ledger.send(governor, 'admitSite', 'Site C', [fresh.address]);
    expect(events.map((event) => [event.name, ...(event.args.toArray() as unknown[])])).toEqual([
      ['SiteAdmitted', 3n, 'Site C'],
      ['SiteAccountAdded', 3n, fresh.address],
    ]);
    expect(await ledger.call('siteCount')).toBe(3n);
    await ledger.send(fresh, 'storePieces', pieces);
    expect(await ledger.refusal(siteA, 'admitSite', 'D', [])).toEqual(notAGovernor(siteA));
    expect(await ledger.refusal(governor, 'admitSite', '', [])).toEqual(['NameEmpty']);
    const taken = await ledger.refusal(governor, 'admitSite', 'D', [siteB.address]);
    expect(taken).toEqual(['AccountInUse', siteB.address, 2n]);
  });

  it('lose the right to write when dismissed, and keep their number', async () => {
    expect(await ledger.refusal(siteB, 'dismissSite', 1)).toEqual(notAGovernor(siteB));
    const { events } = await ledger.send(governor, 'dismissSite', 1);
    expect(events.map((event) => event.name)).toEqual(['SiteDismissed']);
    expect(await ledger.call('siteOf', siteA.address)).toBe(0n);
    expect(await ledger.call('getSite', 1)).toMatchObject({ name: 'Site A', admitted: false, accountCount: 1n });
    expect(await ledger.refusal(siteA, 'storePieces', pieces)).toEqual(['NotASite', siteA.address]);
    expect(await ledger.refusal(siteA, 'addSiteAccount', 1, fresh.address)).toEqual(notAGovernor(siteA));
    expect(await ledger.refusal(governor, 'addSiteAccount', 1, fresh.address)).toEqual(['UnknownSite', 1n]);
    expect(await ledger.refusal(governor, 'dismissSite', 1)).toEqual(['UnknownSite', 1n]);
    expect(await ledger.refusal(governor, 'dismissSite', 3)).toEqual(['UnknownSite', 3n]);
    await ledger.send(siteB, 'storePieces', pieces);
  });

  it('free an account of a dismissed site for another once a governor removes it', async () => {
    await ledger.send(governor, 'dismissSite', 1);
    const early = await ledger.refusal(governor, 'addSiteAccount', 2, siteA.address);
    expect(early).toEqual(['AccountInUse', siteA.address, 1n]);
    await ledger.send(governor, 'removeSiteAccount', 1, siteA.address);
    await ledger.send(governor, 'addSiteAccount', 2, siteA.address);
    expect(await ledger.call('siteOf', siteA.address)).toBe(2n);
  });

  it('rotate their keys themselves', async () => {
    await ledger.send(siteA, 'addSiteAccount', 1, fresh.address);
    const { events } = await ledger.send(fresh, 'removeSiteAccount', 1, siteA.address);
    expect(events.map((event) => [event.name, ...(event.args.toArray() as unknown[])])).toEqual([
      ['SiteAccountRemoved', 1n, siteA.address],
    ]);
    await ledger.send(fresh, 'storePieces', pieces);
    expect(await ledger.refusal(siteA, 'storePieces', pieces)).toEqual(['NotASite', siteA.address]);
    expect(await ledger.call('getSite', 1)).toMatchObject({ accountCount: 1n });
  });

  it('cannot touch accounts of others; strangers can touch none', async () => {
    expect(await ledger.refusal(siteB, 'addSiteAccount', 1, fresh.address)).toEqual(notAGovernor(siteB));
    expect(await ledger.refusal(siteB, 'removeSiteAccount', 1, siteA.address)).toEqual(notAGovernor(siteB));
    const notIts = ['NotTheSitesAccount', siteA.address, 2n];
    expect(await ledger.refusal(siteB, 'removeSiteAccount', 2, siteA.address)).toEqual(notIts);
    expect(await ledger.refusal(stranger, 'addSiteAccount', 0, stranger.address)).toEqual(notAGovernor(stranger));
    expect(await ledger.refusal(stranger, 'removeSiteAccount', 0, fresh.address)).toEqual(notAGovernor(stranger));
    expect(await ledger.refusal(governor, 'addSiteAccount', 0, fresh.address)).toEqual(['UnknownSite', 0n]);
    const none = ['NotTheSitesAccount', fresh.address, 0n];
    expect(await ledger.refusal(governor, 'removeSiteAccount', 0, fresh.address)).toEqual(none);
  });
});

describe('governors', () => {
  it('come and go, but the last one stays', async () => {
    const last = ['LastGovernor', governor.address];
    expect(await ledger.refusal(governor, 'renounceRole', ZeroHash, governor.address)).toEqual(last);
    expect(await ledger.refusal(governor, 'revokeRole', ZeroHash, governor.address)).toEqual(last);
    await ledger.send(governor, 'grantRole', ZeroHash, fresh.address);
    await ledger.send(governor, 'grantRole', ZeroHash, fresh.address);
    expect(await ledger.call('governorCount')).toBe(2n);
    await ledger.send(governor, 'revokeRole', ZeroHash, stranger.address);
    await ledger.send(governor, 'renounceRole', ZeroHash, governor.address);
    expect(await ledger.call('governorCount')).toBe(1n);
    const left = ['LastGovernor', fresh.address];
    expect(await ledger.refusal(fresh, 'renounceRole', ZeroHash, fresh.address)).toEqual(left);
    expect(await ledger.refusal(governor, 'admitSite', 'C', [])).toEqual(notAGovernor(governor));
    expect(await ledger.refusal(stranger, 'grantRole', ZeroHash, stranger.address)).toEqual(notAGovernor(stranger));
  });

  it('are not counted by other roles', async () => {
    const role = noise('role', 32);
    await ledger.send(governor, 'grantRole', role, fresh.address);
    await ledger.send(governor, 'revokeRole', role, fresh.address);
    expect(await ledger.call('governorCount')).toBe(1n);
  });
});
