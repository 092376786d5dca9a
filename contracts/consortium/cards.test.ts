import { beforeEach, describe, expect, it } from '@jest/globals';
import { AbiCoder, keccak256, ZeroHash } from 'ethers';
import { key, noise } from '../testing/body.js';
import { championA, championB, governors, stranger, TestConsortium, writerA, writerB } from '../testing/consortium.js';
import { account, eventList } from '../testing/test-chain.js';

const card = {
  url: 'https://letters.site-a.example:8443/letters',
  certificatePin: key('certificate'),
  cardKey: `0x${noise('X-Wing', 1_216).toString('hex')}`,
  readerVersion: 2,
  servers: [writerA.address],
};
let consortium: TestConsortium;

beforeEach(async () => {
  consortium = await TestConsortium.open();
});

const refusal = (change: Partial<typeof card>) => consortium.refusal(championA, 'publishCard', { ...card, ...change });

describe('publishCard', () => {
  it('tells the card and keeps its hash', async () => {
    const { events } = await consortium.send(championA, 'publishCard', card);
    const values = [card.url, card.certificatePin, card.cardKey, 2n, card.servers];
    expect(eventList(events)).toEqual([['CardPublished', 1n, championA.address, values]]);
    const types = ['tuple(string,bytes32,bytes,uint16,address[])'];
    const encoded = AbiCoder.defaultAbiCoder().encode(types, [values]);
    expect(await consortium.call('cardHashOf', 1)).toBe(keccak256(encoded));
    expect(await consortium.call('cardHashOf', 2)).toBe(ZeroHash);
    await consortium.send(championA, 'publishCard', { ...card, url: '', certificatePin: ZeroHash });
    expect(await consortium.call('cardHashOf', 1)).not.toBe(keccak256(encoded));
  });

  it('is for champions of admitted sites', async () => {
    for (const who of [writerA, governors[0], stranger])
      expect(await consortium.refusal(who, 'publishCard', card)).toEqual(['NotAChampion', who.address]);
    await consortium.pass('dismissSite', 1, 0);
    expect(await refusal({})).toEqual(['NotAChampion', championA.address]);
  });

  it('takes https URLs of 200 printable characters, with a pin', async () => {
    const longest = `https://${'a'.repeat(192)}`;
    await consortium.send(championA, 'publishCard', { ...card, url: longest });
    expect(await refusal({ url: `${longest}a` })).toEqual(['UrlTooLong', 201n, 200n]);
    for (const url of ['http://site.example', 'https://', 'ftp', 'HTTPS://site.example'])
      expect(await refusal({ url })).toEqual(['UrlNotPlain', 0n]);
    expect(await refusal({ url: 'https://a b' })).toEqual(['UrlNotPlain', 9n]);
    expect(await refusal({ url: 'https://é.example' })).toEqual(['UrlNotPlain', 8n]);
    expect(await refusal({ url: 'https://a\n' })).toEqual(['UrlNotPlain', 9n]);
    expect(await refusal({ certificatePin: ZeroHash })).toEqual(['UrlAndPinBelongTogether', card.url, ZeroHash]);
    expect(await refusal({ url: '' })).toEqual(['UrlAndPinBelongTogether', '', card.certificatePin]);
  });

  it('takes a key of 1 to 2,048 bytes', async () => {
    const keyOf = (byteCount: number) => `0x${'11'.repeat(byteCount)}`;
    for (const byteCount of [1, 2_048])
      await consortium.send(championA, 'publishCard', { ...card, cardKey: keyOf(byteCount) });
    for (const byteCount of [0, 2_049])
      expect(await refusal({ cardKey: keyOf(byteCount) })).toEqual([
        'CardKeyLengthOutOfRange',
        BigInt(byteCount),
        2_048n,
      ]);
  });

  it('names 1 to 16 servers, writers of the site', async () => {
    expect(await refusal({ servers: [] })).toEqual(['ServerCountOutOfRange', 0n, 16n]);
    const sixteen = Array.from({ length: 16 }, () => writerA.address);
    await consortium.send(championA, 'publishCard', { ...card, servers: sixteen });
    expect(await refusal({ servers: [...sixteen, writerA.address] })).toEqual(['ServerCountOutOfRange', 17n, 16n]);
    for (const { address } of [writerB, championA, championB, account(20)])
      expect(await refusal({ servers: [writerA.address, address] })).toEqual(['NotTheSitesServer', address, 1n]);
  });
});
