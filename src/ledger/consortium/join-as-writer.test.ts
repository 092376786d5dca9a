import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog } from '../../base/log.js';
import { type ConsortiumBed, type KeptAccount, newKeptAccount, openConsortiumBed } from '../testing/consortium-bed.js';
import { encodeCall } from './decode-call.js';
import { joinAsWriter } from './join-as-writer.js';
import { readSites } from './read-sites.js';

let bed: ConsortiumBed;
const south = newKeptAccount();
beforeAll(async () => {
  bed = await openConsortiumBed();
  const [first, second] = bed.governors.map((one) => bed.as(one));
  const { id, hash } = await first!.propose(encodeCall('admitSite', 'South', [south.account]));
  await second!.approve(id, hash);
  await first!.execute(id);
  await bed.as(south).join(2);
});
afterAll(() => bed.close());

/** What the log was told. */
async function join({ key }: KeptAccount, siteId: number): Promise<string[]> {
  const said: string[] = [];
  const log = {
    ...silentLog,
    warn: (_: object, sentence: string) => said.push(sentence),
  } as unknown as typeof silentLog;
  await joinAsWriter({ rpc: bed.rpc, log }, { consortium: bed.consortium, siteId, key });
  return said;
}

const writersOf = async (siteId: number): Promise<string[]> =>
  (await readSites(bed))
    [siteId - 1]!.accounts!.filter(({ role, hasJoined }) => role === 'writer' && hasJoined)
    .map(({ account }) => account);

describe('joinAsWriter', () => {
  it('waits to be named, and says who has to; then joins, and again does nothing', async () => {
    const server = newKeptAccount();
    expect(await join(server, 2)).toEqual([expect.stringContaining(`site name-writer ${server.account}`)]);
    await bed.as(south).nameAccount(server.account, 'writer');
    const nonce = (): Promise<number> => bed.rpc.nonce(server.account, 'latest');
    expect(await join(server, 2)).toEqual([]);
    expect(await writersOf(2)).toEqual([server.account]);
    expect(await nonce()).toBe(1);
    expect(await join(server, 2)).toEqual([]);
    expect(await nonce()).toBe(1);
    await expect(join(server, 1)).rejects.toMatchObject({ code: 'misconfigured', message: expect.stringContaining('is of site 2') }); // prettier-ignore
  });

  it('joins no site but the one that was given, whoever has named the account', async () => {
    const server = newKeptAccount();
    await bed.as(bed.champion).nameAccount(server.account, 'writer');
    expect(await join(server, 2)).toHaveLength(1);
    for (const siteId of [1, 2]) expect(await writersOf(siteId)).not.toContain(server.account);
  });

  it('does not become a champion', async () => {
    const server = newKeptAccount();
    await bed.as(south).nameAccount(server.account, 'champion');
    const refusal = { code: 'misconfigured', message: expect.stringContaining("is a champion's") };
    await expect(join(server, 2)).rejects.toMatchObject(refusal);
    await expect(join(south, 2)).rejects.toMatchObject(refusal);
  });
});
