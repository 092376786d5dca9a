import { describe, expect, it } from '@jest/globals';
import { FunctionFragment, Interface, ZeroHash } from 'ethers';
import { imageLedgerAbi } from '../src/ledger/contract/image-ledger-abi.js';
import { compareGas, knownGas } from './gas.js';
import {
  announcement,
  key,
  listedBody,
  noise,
  pageAddresses,
  pagedBody,
  sealImage,
  storeBody,
} from './testing/body.js';
import { encodeCall, governor, siteA, siteB, TestLedger } from './testing/ledger.js';
import { account, type Sent } from './testing/test-chain.js';

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
    await ledger.send(governor, 'grantRole', ZeroHash, added);
    const renounceRole = await ledger.send(governor, 'renounceRole', ZeroHash, governor.address);
    expect(compareGas(gasOf({ ...figures, renounceRole }))).toEqual([]);
  });

  it('of reading is no more than before', async () => {
    const ledger = await TestLedger.open();
    await sealImage(ledger, { name: 'image', pieces: [piece] });
    const image = key('image');
    const figures = {
      loadPieces: await ledger.callGas('loadPieces', image, 0, 1),
      getPatient: await ledger.callGas('getPatient', key('patient')),
      getPatientImages: await ledger.callGas('getPatientImages', key('patient'), 0, 1),
      getImage: await ledger.callGas('getImage', image),
      getImageState: await ledger.callGas('getImageState', image),
      getPieceCount: await ledger.callGas('getPieceCount', image),
      getPieceAddresses: await ledger.callGas('getPieceAddresses', image, 0, 1),
    };
    expect(compareGas(figures)).toEqual([]);
  });

  it('is known of every function that writes, and of every one that reads images', () => {
    const functions = new Interface(imageLedgerAbi).fragments.filter((fragment) =>
      FunctionFragment.isFragment(fragment),
    );
    const wanted = functions.filter(
      ({ name, constant }) => !constant || /^(load|getPatient|getImage|getPiece)/.test(name),
    );
    const known = Object.keys(knownGas());
    expect(wanted.length).toBeGreaterThanOrEqual(20);
    expect(
      wanted.map(({ name }) => name).filter((name) => !known.some((figure) => figure.split(',')[0] === name)),
    ).toEqual([]);
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
