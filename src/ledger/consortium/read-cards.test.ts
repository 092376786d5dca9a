import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toHex } from '../ethereum/hex.js';
import { rpcAtBlock } from '../rpc/rpc-at-block.js';
import { openSitesBed, type SitesBed } from '../testing/sites-bed.js';
import { createConsortiumAccount } from './consortium-account.js';
import { readCard, readCards } from './read-cards.js';

const PIN = toHex(randomBytes(32));
let bed: SitesBed;

beforeAll(async () => {
  bed = await openSitesBed(3);
});
afterAll(() => bed.close());

const championOf = (siteId: number) =>
  createConsortiumAccount(bed, { consortium: bed.consortium, key: bed.sites[siteId - 1]!.champion.key });
const writerOf = (siteId: number) => bed.sites[siteId - 1]!.writer.account;

describe('readCards', () => {
  it('gives what a champion has published last, with who and when', async () => {
    expect(await readCards(bed)).toEqual([]);
    expect(await readCard(bed, 2)).toBeUndefined();
    const cardKey = randomBytes(1_216);
    await championOf(2).publishCard({
      url: '',
      cardKey: toHex(randomBytes(9)),
      readerVersion: 2,
      servers: [writerOf(2)],
    });
    const url = 'https://two.example/ledger/letters';
    await championOf(2).publishCard({ url, certificatePin: PIN, cardKey: toHex(cardKey), readerVersion: 3, servers: [writerOf(2)] }); // prettier-ignore
    const { timestamp } = (await bed.rpc.block('latest'))!;
    const expected = {
      ...{ siteId: 2, url, certificatePin: PIN, cardKey, readerVersion: 3, servers: [writerOf(2)] },
      ...{ publishedBy: bed.sites[1]!.champion.account, publishedAt: Number(timestamp) },
    };
    expect(await readCard(bed, 2)).toEqual(expected);
    await championOf(1).publishCard({ url: '', cardKey: toHex(cardKey), readerVersion: 2, servers: [writerOf(1)] });
    expect(await readCards(bed)).toEqual([expect.objectContaining({ siteId: 1, certificatePin: undefined }), expected]);
  });

  it('reads as of a block', async () => {
    const before = await bed.rpc.blockNumber();
    await championOf(3).publishCard({ url: '', cardKey: '0x01', readerVersion: 2, servers: [writerOf(3)] });
    expect(await readCard(bed, 3)).toMatchObject({ cardKey: Buffer.of(1) });
    expect(await readCard({ ...bed, rpc: rpcAtBlock(bed.rpc, before) }, 3)).toBeUndefined();
  });

  it('believes no event that is not that of the contract’s card', async () => {
    const at = { ...bed, rpc: { ...bed.rpc, logs: async (filter: never) => (await bed.rpc.logs(filter)).slice(0, 1) } };
    await expect(readCard(at, 2)).rejects.toMatchObject({ code: 'unavailable' });
    const none = { ...bed, rpc: { ...bed.rpc, logs: () => Promise.resolve([]) } };
    await expect(readCard(none, 2)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('publishCard', () => {
  it('is for champions, and says so in words', async () => {
    const writer = createConsortiumAccount(bed, { consortium: bed.consortium, key: bed.sites[0]!.writer.key });
    const card = { url: '', cardKey: '0x01', readerVersion: 2, servers: [writerOf(1)] } as const;
    await expect(writer.publishCard(card)).rejects.toMatchObject({ code: 'site-not-admitted' });
  });
});
