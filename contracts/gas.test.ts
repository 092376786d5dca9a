import { describe, expect, it } from '@jest/globals';
import { ZeroHash } from 'ethers';
import { compareGas } from './gas.js';
import { announcement, key, listedBody, noise, pageAddresses, pagedBody, storeBody } from './test-body.js';
import { account, encodeCall, governor, siteA, siteB, type Sent, TestLedger } from './test-ledger.js';

const pieceBytes = 30_720;
const piece = noise('full piece', pieceBytes);

describe('gas', () => {
  it('of a full random piece is at most 230 a byte, and no more than before', async () => {
    const ledger = await TestLedger.open();
    const first = await ledger.send(siteA, 'storePieces', [piece]);
    const again = await ledger.send(siteA, 'storePieces', [piece]);
    const perByte = Math.round((first.gas / pieceBytes) * 100) / 100;
    expect(perByte).toBeLessThanOrEqual(230);
    expect(
      compareGas({
        'storePieces, 30,720 bytes': first.gas,
        'storePieces, 30,720 bytes, a byte': perByte,
        'storePieces, 30,720 bytes again': again.gas,
      }),
    ).toEqual([]);
  });

  it('of an image is no more than before', async () => {
    const ledger = await TestLedger.open();
    const parts = { header: noise('header', 4_000), preview: noise('preview', 24_000) };
    const body = pagedBody(ledger, [piece]);
    const told = withHeader(ledger, 'image', parts);
    await ledger.send(siteA, 'storePieces', Object.values(parts));
    const announce = await ledger.send(siteA, 'announce', told);
    await storeBody(ledger, body, [piece]);
    const seal = await ledger.send(siteA, 'seal', told.imageKey, pageAddresses(body));
    const retire = await ledger.send(siteA, 'retire', told.imageKey, 'wrong patient');
    await ledger.send(siteA, 'announce', withHeader(ledger, 'void', parts));
    const withdraw = await ledger.send(siteA, 'withdraw', key('void'));
    await ledger.send(siteA, 'announce', withHeader(ledger, 'slow', parts));
    ledger.blockNumber += 3_600n;
    const takeover = await ledger.send(siteB, 'announce', withHeader(ledger, 'slow', parts));
    const figures = { announce, 'announce, taking over': takeover, 'seal, 1 page': seal, retire, withdraw };
    expect(compareGas(gasOf(figures))).toEqual([]);
  });

  it('of a small image as one transaction is no more than before', async () => {
    const ledger = await TestLedger.open();
    const bytes = noise('small image', 20_000);
    const parts = { header: noise('header', 2_000), preview: noise('preview', 10_000) };
    const body = pagedBody(ledger, [bytes]);
    const [page] = body.pages;
    const told = { ...withHeader(ledger, 'image', parts), instance: body.claim };
    const small = await ledger.send(siteA, 'multicall', [
      encodeCall('storePieces', [parts.header, parts.preview]),
      encodeCall('announce', told),
      encodeCall('storePieces', [bytes, page!.list]),
      encodeCall('checkPage', page!.address),
      encodeCall('seal', told.imageKey, [page!.address]),
    ]);
    expect(compareGas({ 'multicall, image of 20,000 bytes': small.gas })).toEqual([]);
  });

  it('of a full page of distinct chunks is no more than before', async () => {
    const ledger = await TestLedger.open();
    const pieces = Array.from({ length: 1_228 }, (_, i) => Buffer.of(i >> 8, i & 0xff));
    const body = pagedBody(ledger, pieces);
    for (let from = 0; from < pieces.length; from += 307) {
      await ledger.send(siteA, 'storePieces', pieces.slice(from, from + 307));
    }
    await ledger.send(siteA, 'storePieces', [body.pages[0]!.list]);
    const checkPage = await ledger.send(siteA, 'checkPage', body.pages[0]!.address);
    expect(checkPage.gas).toBeLessThan(4_000_000);
    expect(compareGas({ 'checkPage, 1,228 chunks': checkPage.gas })).toEqual([]);
  });

  it('of sites and governors is no more than before', async () => {
    const ledger = await TestLedger.deploy(governor.address, 'Site A', [siteA.address]);
    const added = account(20).address;
    const figures = {
      deploy: ledger.deployment,
      admitSite: await ledger.send(governor, 'admitSite', 'Site B', [siteB.address]),
      addSiteAccount: await ledger.send(siteA, 'addSiteAccount', 1, added),
      removeSiteAccount: await ledger.send(siteA, 'removeSiteAccount', 1, added),
      dismissSite: await ledger.send(governor, 'dismissSite', 2),
      grantRole: await ledger.send(governor, 'grantRole', ZeroHash, added),
      revokeRole: await ledger.send(governor, 'revokeRole', ZeroHash, added),
    };
    expect(compareGas(gasOf(figures))).toEqual([]);
  });
});

function gasOf(figures: Record<string, Sent>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, { gas }]) => [name, gas]));
}

function withHeader(ledger: TestLedger, name: string, { header, preview }: { header: Buffer; preview: Buffer }) {
  const [headerBody, previewBody] = [listedBody(ledger, [header]), listedBody(ledger, [preview])];
  return {
    ...announcement(name, pagedBody(ledger, [piece])),
    header: headerBody.claim,
    preview: previewBody.claim,
    headerChunks: headerBody.chunks,
    previewChunks: previewBody.chunks,
  };
}
