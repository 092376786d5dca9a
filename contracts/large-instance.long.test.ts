import { describe, expect, it } from '@jest/globals';
import { compareGas } from './gas.js';
import { announcement, key, noise, pageAddresses, pagedBody, storeBody } from './testing/body.js';
import { siteA, TestLedger } from './testing/ledger.js';

describe('an instance of 2 GiB', () => {
  it('is 69,906 pieces on 114 pages, sealed with no transaction over 120 KB or 16 M gas', async () => {
    const ledger = await TestLedger.open();
    const distinct = [noise('0', 30_720), noise('1', 30_720)];
    const last = noise('last', 2_048);
    // Which piece comes where is written in the bits of the page's number, so that no two pages are equal.
    const pieces = Array.from(
      { length: 69_905 },
      (_, i) => distinct[((Math.floor(i / 614) + 1) >> ((i % 614) % 8)) & 1]!,
    );
    pieces.push(last);
    const body = pagedBody(ledger, pieces);
    const pages = pageAddresses(body);
    expect(body.claim.byteCount).toBe(2 ** 31);
    expect(new Set(pages).size).toBe(114);

    await ledger.send(siteA, 'announce', announcement('large', body));
    await storeBody(ledger, body, pieces);
    const sealed = await ledger.send(siteA, 'seal', key('large'), pages);
    expect(compareGas({ 'seal, 114 pages': sealed.gas })).toEqual([]);
    expect(Math.max(...ledger.sent.map(({ txBytes }) => txBytes))).toBeLessThanOrEqual(120_000);
    expect(Math.max(...ledger.sent.map(({ gas }) => gas))).toBeLessThanOrEqual(16_000_000);

    expect(await ledger.call('getPieceCount', key('large'))).toBe(69_906n);
    const tail = await ledger.call('loadPieces', key('large'), 69_904, 10);
    expect(tail).toBe(`0x${Buffer.concat(pieces.slice(-2)).toString('hex')}`);
    const across = await ledger.call('getPieceAddresses', key('large'), 613, 616);
    expect(across).toEqual(body.chunks.slice(1_226, 2_458));
  });
});
