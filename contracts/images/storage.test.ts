import { describe, expect, it } from '@jest/globals';
import { AbiCoder, keccak256 } from 'ethers';
import { listedBody, noise, pageAddresses, pagedBody } from '../testing/body.js';
import { writerA } from '../testing/consortium.js';
import { announcementOf, imageIdOf, ringA, TestImages } from '../testing/images.js';

/** What `eth_getProof` proves: where each word of an image lies, by the contract's own description. */
describe('the storage of an image', () => {
  it('is eleven words, from the slot that the interface says', async () => {
    const images = await TestImages.open();
    const preview = listedBody(images, [noise('preview', 10)]);
    const body = pagedBody(images, [noise('piece', 100)]);
    await images.send(writerA, 'storePieces', [noise('preview', 10)]);
    images.chain.blockNumber = 0x11223344n;
    const changes = { preview: { ...preview.claim, scheme: 2 }, previewChunks: preview.chunks };
    await images.send(writerA, 'announce', announcementOf('image', body, changes));
    await images.storeBody(body, [noise('piece', 100)]);
    const imageId = imageIdOf(1, 'image');
    await images.send(writerA, 'seal', imageId, pageAddresses(body));

    const slotOfImages = await images.call<bigint>('IMAGES_SLOT');
    const place = AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256'], [imageId, slotOfImages]);
    const first = BigInt(keccak256(place));
    const words = [];
    for (let i = 0n; i < 12n; i++) words.push(await images.chain.storage(images.address, first + i));

    const at = images.chain.timestamp;
    // Solidity packs from the low end: each field lies before the ones that were declared before it.
    const state = field([
      [0n, 8], // ruled
      [0n, 16], // ruling
      [0n, 24], // code
      [0x11223344n, 32], // announcedBlock
      [0n, 40], // retiredAt
      [at, 40], // sealedAt
      [at, 40], // announcedAt
      [30_720n, 16], // pieceBytes
      [2n, 8], // state
      [1n, 32], // siteId
    ]);
    const keys = field([
      [2n ** 63n + 1n, 64], // patientKey
      [2n ** 63n + 7n, 64], // studyKey
      [BigInt(ringA), 128], // ringId
    ]);
    const bodyWord = (index: string, byteCount: bigint, scheme: bigint) =>
      field([
        [BigInt(index), 184],
        [byteCount, 64],
        [scheme, 8],
      ]);
    expect(words[0]).toBe(state);
    expect(words[1]).toBe(keys);
    expect(words[5]).toBe(bodyWord(preview.chunks[0]!, 10n, 2n));
    expect(words.slice(6, 8)).toEqual([preview.claim.sha256Digest, preview.claim.root]);
    expect(words[8]).toBe(bodyWord(body.pages[0]!.address, 100n, 0n));
    expect(words.slice(9)).toEqual([body.claim.sha256Digest, body.claim.root, field([[0n, 256]])]);
  });
});

/** A word of fields, the highest first. */
function field(parts: [value: bigint, bits: number][]): string {
  const bits = parts.reduce((sum, [, width]) => sum + width, 0);
  if (bits !== 256) throw new Error(`A word has 256 bits, not ${bits}.`);
  const word = parts.reduce((sum, [value, width]) => (sum << BigInt(width)) | value, 0n);
  return `0x${word.toString(16).padStart(64, '0')}`;
}
