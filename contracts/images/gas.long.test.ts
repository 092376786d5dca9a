import { describe, expect, it } from '@jest/globals';
import { FunctionFragment } from 'ethers';
import { compareGas, knownGas, RELEASE_2 } from '../gas.js';
import { chunkAddress, listedBody, noise, pageAddresses, pagedBody } from '../testing/body.js';
import { writerA } from '../testing/consortium.js';
import { announcementOf, imageIdOf, QUALITY, type TestAnnouncement, TestImages } from '../testing/images.js';
import type { Sent } from '../testing/test-chain.js';

const pieceBytes = 30_720;
const piece = noise('full piece', pieceBytes);
/** As a writer of transactions may have to keep below (EIP-7825). */
const MAX_TRANSACTION_GAS = 16_000_000;

describe('gas of the images', () => {
  it('of an image is no more than before', async () => {
    const images = await TestImages.open();
    const parts = { header: noise('header', 4_000), preview: noise('preview', 24_000) };
    const first = await images.send(writerA, 'storePieces', [piece]);
    const again = await images.send(writerA, 'storePieces', [piece]);
    await images.send(writerA, 'storePieces', Object.values(parts));
    const body = pagedBody(images, [piece]);
    await images.send(writerA, 'storePieces', [body.pages[0]!.list]);
    const told = (name: string) => announcementOf(name, body, withParts(images, parts));
    const figures = {
      deployImages: images.deployment,
      'storePieces, 30,720 bytes': first,
      'storePieces, 30,720 bytes again': again,
      announce: await images.send(writerA, 'announce', told('image')),
      'checkPage, 2 chunks': await images.send(writerA, 'checkPage', body.pages[0]!.address, 2),
      'checkPage, again': await images.send(writerA, 'checkPage', body.pages[0]!.address, 2),
      'seal, 1 page': await images.send(writerA, 'seal', imageIdOf(1, 'image'), pageAddresses(body)),
      retire: await images.send(writerA, 'retire', imageIdOf(1, 'image'), QUALITY),
      restore: await images.send(writerA, 'restore', imageIdOf(1, 'image')),
    };
    await images.send(writerA, 'announce', told('void'));
    const withdraw = await images.send(writerA, 'withdraw', imageIdOf(1, 'void'));
    await images.consortium.pass('rule', images.address, imageIdOf(1, 'image'), QUALITY);
    const carryOut = await images.send(writerA, 'carryOut', imageIdOf(1, 'image'));
    expect(compareGas(gasOf({ ...figures, withdraw, carryOut }), RELEASE_2)).toEqual([]);
  });

  it('of a small image as one transaction is no more than before', async () => {
    const images = await TestImages.open();
    const bytes = noise('small image', 20_000);
    const parts = { header: noise('header', 2_000), preview: noise('preview', 10_000) };
    const body = pagedBody(images, [bytes]);
    const [page] = body.pages;
    const small = await images.send(writerA, 'multicall', [
      images.encode('storePieces', [parts.header, parts.preview]),
      images.encode('announce', announcementOf('image', body, withParts(images, parts))),
      images.encode('storePieces', [bytes, page!.list]),
      images.encode('checkPage', page!.address, 1),
      images.encode('seal', imageIdOf(1, 'image'), [page!.address]),
    ]);
    expect(compareGas({ 'multicall, image of 20,000 bytes': small.gas }, RELEASE_2)).toEqual([]);
  });

  it.each([
    ['of full chunks', (i: number) => 24_575 - (i % 2)],
    ['of whole pieces', (i: number) => (i % 2 === 0 ? 24_575 : 6_145)],
  ])('of a page of 1,228 chunks, %s, is below 16 million', async (kind, byteCountOf) => {
    const images = await TestImages.open();
    const chunks = Array.from({ length: 1_228 }, (_, i) => noise(`${kind} ${i}`, byteCountOf(i)));
    // The very code that storing them leaves behind; storing 30 MB would take minutes.
    for (const chunk of chunks) {
      await images.chain.putCode(chunkAddress(images, chunk), Buffer.concat([Buffer.of(0), chunk]));
    }
    const list = Buffer.concat(chunks.map((chunk) => Buffer.from(chunkAddress(images, chunk).slice(2), 'hex')));
    const page = chunkAddress(images, list);
    await images.send(writerA, 'storePieces', [list]);
    const { gas } = await images.send(writerA, 'checkPage', page, 1_228);
    expect(await images.call('getPageCheck', page)).toEqual({ chunks: 1_228n, checked: 1_228n });
    expect(gas).toBeLessThan(MAX_TRANSACTION_GAS);
    expect(compareGas({ [`checkPage, 1,228 chunks ${kind}`]: gas }, RELEASE_2)).toEqual([]);
  });

  it('of reading is no more than before', async () => {
    const images = await TestImages.open();
    const { imageId } = await images.sealImage('image', [piece]);
    const patient = [1, announcementOf('image', pagedBody(images, [])).patientKey];
    const figures = {
      loadPieces: await images.callGas('loadPieces', imageId, 0, 1),
      getPatient: await images.callGas('getPatient', ...patient),
      getPatientImages: await images.callGas('getPatientImages', ...patient, 0, 1),
      getImage: await images.callGas('getImage', imageId),
      getImageState: await images.callGas('getImageState', imageId),
      getPieceCount: await images.callGas('getPieceCount', imageId),
      getPieceAddresses: await images.callGas('getPieceAddresses', imageId, 0, 1),
    };
    expect(compareGas(figures, RELEASE_2)).toEqual([]);
  });

  it('is known of every function that writes, and of every one that reads images', async () => {
    const { abi } = await TestImages.open();
    const functions = abi.fragments.filter((fragment) => FunctionFragment.isFragment(fragment));
    const wanted = functions.filter(
      ({ name, constant }) => !constant || /^(load|getPatient|getImage|getPiece)/.test(name),
    );
    const known = Object.keys(knownGas(RELEASE_2)).map((figure) => figure.split(',')[0]);
    expect(wanted.length).toBeGreaterThanOrEqual(15);
    expect(wanted.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });
});

function withParts(
  images: TestImages,
  { header, preview }: { header: Buffer; preview: Buffer },
): Partial<TestAnnouncement> {
  const [headerBody, previewBody] = [listedBody(images, [header]), listedBody(images, [preview])];
  return {
    header: headerBody.claim,
    preview: previewBody.claim,
    headerChunks: headerBody.chunks,
    previewChunks: previewBody.chunks,
  };
}

function gasOf(figures: Record<string, Sent>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, { gas }]) => [name, gas]));
}
