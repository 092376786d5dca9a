import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConsortium } from '../contract/consortium.js';
import { deployContract } from '../contract/deploy.js';
import type { Hex } from '../ethereum/hex.js';
import { type ConsortiumBed, openConsortiumBed } from '../testing/consortium-bed.js';
import { newKeptAccount } from '../testing/kept-account.js';
import { encodeCall } from './decode-call.js';
import { isMember } from './is-member.js';

let bed: ConsortiumBed;

beforeAll(async () => {
  bed = await openConsortiumBed();
});
afterAll(() => bed.close());

describe('isMember', () => {
  it('knows governors, and accounts of admitted sites, of release 2', async () => {
    const stranger = newKeptAccount();
    const accounts = [...bed.governors, bed.writer, bed.champion, stranger];
    const asked = (contract: Hex): Promise<boolean[]> =>
      Promise.all(accounts.map(({ account }) => isMember(bed.rpc, contract, account)));
    const members = [true, true, true, true, true, false];
    expect(await asked(bed.images)).toEqual(members);
    expect(await asked(bed.consortium)).toEqual(members);

    const [first, second] = bed.governors.map((one) => bed.as(one));
    const { id, hash } = await first!.propose(encodeCall('dismissSite', 1, 0));
    await second!.approve(id, hash);
    await second!.execute(id);
    expect(await asked(bed.images)).toEqual([true, true, true, false, false, false]);
  });

  it('knows them of release 1', async () => {
    const governorKey = bed.governors[0].key;
    const contract = await deployContract(bed.provider, {
      governorKey,
      siteName: 'North',
      siteAccounts: [bed.writer.account],
    });
    const asked = (): Promise<boolean[]> =>
      Promise.all(
        [bed.governors[0], bed.governors[1], bed.writer].map(({ account }) => isMember(bed.rpc, contract, account)),
      );
    expect(await asked()).toEqual([true, false, true]);
    await (await createConsortium(bed, { contract, governorKey })).dismissSite(1);
    expect(await asked()).toEqual([true, false, false]);
  });
});
