import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { addressesOf, type BodyPlan } from './chunks.js';
import { toHex, type Hex } from '../ethereum/hex.js';
import { chainImage, encodeAnnounce, encodeCall, encodeCheckPage, encodeSeal } from './image-ledger.js';
import { imageLedgerInterface } from './revert-errors.js';

const word = (): Hex => toHex(randomBytes(32));

describe.each([0, 1, 2, 85])('of a list of %d addresses', (count) => {
  const body = (byteCount: number): BodyPlan => ({
    byteCount,
    pieceBytes: 30_720,
    root: randomBytes(32),
    chunks: randomBytes(20 * count),
  });

  it('encodeAnnounce is encoded as ethers does it', () => {
    const names = { release: 1, imageKey: word(), patientKey: word() } as const;
    const [header, preview, instance] = [body(1_234), body(24_575), body(2 ** 31 + 7)];
    const sha256 = { header: word(), preview: word(), instance: word() };
    const list = (packed: Buffer): Hex[] => addressesOf(packed).map(toHex);
    for (const scheme of [undefined, 1]) {
      const given = { names, pieceBytes: 30_720, header, preview, instance, sha256 };
      const expected = encodeCall('announce', [
        names.imageKey,
        names.patientKey,
        30_720,
        [0, header.byteCount, sha256.header, toHex(header.root)],
        [0, preview.byteCount, sha256.preview, toHex(preview.root)],
        [scheme ?? 0, instance.byteCount, sha256.instance, toHex(instance.root)],
        list(header.chunks),
        list(preview.chunks),
      ]);
      const encoded = encodeAnnounce({ ...given, ...(scheme !== undefined && { scheme }) });
      expect(toHex(encoded)).toBe(toHex(expected));
    }
  });

  it('encodeSeal is encoded as ethers does it', () => {
    const imageId = word();
    const pages = randomBytes(20 * count);
    const expected = encodeCall('seal', imageId, addressesOf(pages).map(toHex));
    expect(toHex(encodeSeal(imageId, pages))).toBe(toHex(expected));
  });
});

describe('encodeCheckPage', () => {
  it('is encoded as ethers does it', () => {
    const page = randomBytes(20);
    expect(toHex(encodeCheckPage(page))).toBe(toHex(encodeCall('checkPage', toHex(page))));
  });
});

describe('chainImage', () => {
  it('reads what ethers has written as the answer of getImage', () => {
    const [patientKey, headerRoot, previewRoot, sha256, instanceRoot] = [word(), word(), word(), word(), word()];
    const index = toHex(randomBytes(20));
    const answer = imageLedgerInterface.encodeFunctionResult('getImage', [
      [
        ...[patientKey, 7, 2, 30_720, 1_700_000_001, 1_700_000_002, 0, 2 ** 39],
        [0, 1_200, index, word(), headerRoot],
        [0, 24_000, index, word(), previewRoot],
        [1, 2 ** 31 + 7, index, sha256, instanceRoot],
      ],
    ]) as Hex;
    expect(chainImage('0x01', '0x02', answer)).toEqual({
      contract: '0x01',
      imageId: '0x02',
      namesKept: patientKey,
      siteId: 7,
      state: 'sealed',
      sha256,
      byteCount: 2 ** 31 + 7,
      pieceBytes: 30_720,
      announcedBlock: 2n ** 39n,
      headerRoot,
      previewRoot,
      instanceRoot,
    });
  });
});
