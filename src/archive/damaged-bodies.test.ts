import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { bufferSource } from '../base/byte-source.js';
import { until } from '../base/testing/until.js';
import { identify } from '../dicom/data-set/attributes.js';
import { decodeHeader, encodeHeader } from '../dicom/metadata/encode-header.js';
import { toHex } from '../ledger/ethereum/hex.js';
import { ROLE } from '../secrecy/body-keys.js';
import { decryptSmallBody } from './secrecy/small-body.js';
import { type EncryptedBed, type MadeImage, openEncryptedBed } from './testing/encrypted-bed.js';
import { bytesOf, changed, found, given, newFile, newUid, PATIENT, standing } from './testing/encrypted-instances.js';
import { storeClaiming } from './testing/store-claiming.js';

const CELL = 65_564;

let bed: EncryptedBed;
beforeAll(async () => {
  bed = await openEncryptedBed();
});
afterAll(() => bed.close());

const withBytes = (image: MadeImage, bytes: Buffer): MadeImage => ({
  ...image,
  instance: { ...image.instance, ...bufferSource(bytes) },
});

describe('A damaged body of an instance gives no byte of what was damaged', () => {
  it.each<[string, (bytes: Buffer) => Buffer | Promise<Buffer>]>([
    ['a flipped bit in the first cell', (bytes) => changed(bytes, (copy) => (copy[100]! ^= 1))],
    ['a flipped bit in the last cell', (bytes) => changed(bytes, (copy) => (copy[copy.length - 1]! ^= 1))],
    [
      'swapped cells',
      (bytes) =>
        changed(bytes, (copy) => {
          bytes.copy(copy, 32, 32 + CELL, 32 + 2 * CELL);
          bytes.copy(copy, 32 + CELL, 32, 32 + CELL);
        }),
    ],
    ['its last byte cut off', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['its last cell cut off', (bytes) => bytes.subarray(0, 32 + 7 * CELL)],
    ['all of another image', async () => bytesOf(await bed.made(newFile(newUid())))],
    [
      'the key commitment of another image',
      async (bytes) =>
        Buffer.concat([(await bytesOf(await bed.made(newFile(newUid())))).subarray(0, 32), bytes.subarray(32)]),
    ],
    [
      'the cells of another image',
      async (bytes) =>
        Buffer.concat([bytes.subarray(0, 32), (await bytesOf(await bed.made(newFile(newUid())))).subarray(32)]),
    ],
  ])('%s', async (name, damage) => {
    const uid = newUid();
    const file = newFile(uid);
    const image = await bed.made(file);
    await bed.ledger.store(withBytes(image, await damage(await bytesOf(image))));
    await bed.own.caughtUp();
    await until(
      'the own site to know the seal',
      async () => (await bed.own.archive.instance(uid))?.state !== 'announced',
    );
    await bed.other.caughtUp();
    // Of another site, nothing is given before all was verified; it goes into quarantine then.
    const elsewhere = await found(bed.other, uid);
    expect((elsewhere ? await given(bed.other, uid) : { bytes: Buffer.alloc(0) }).bytes.length).toBe(0);
    await until('the verdict', async () => ['bytes', 'unreadable'].includes(await standing(bed.other, image.imageId)));

    // Of its own, a site believes what it has announced, and still gives nothing wrong.
    const instance = await found(bed.own, uid);
    if (!instance) return expect(await standing(bed.own, image.imageId)).toBe('unreadable');
    const { bytes, code } = await given(bed.own, uid);
    expect([name, code]).toEqual([name, 'corrupt']);
    expect(bytes.equals(file.subarray(0, bytes.length))).toBe(true);
    expect(bytes.length).toBe(0);
    expect((await bed.own.archive.verify(uid)).problems).toHaveLength(1);
  });

  it('padding that is not zero', async () => {
    const uid = newUid();
    const image = await bed.made(newFile(uid));
    const secrets = bed.secretsOf(image);
    const header = decodeHeader(decryptSmallBody(image.header, { keys: secrets.keys(ROLE.header), role: ROLE.header }));
    const said = header.encrypted!;
    // One byte less is said to be in it than there is.
    const lie = { ...header, byteCount: header.byteCount! - 1, encrypted: { ...said, byteCount: said.byteCount - 1 } };
    await bed.ledger.store(bed.withHeader(image, encodeHeader(lie)));
    await until('the verdict', async () => (await standing(bed.other, image.imageId)) === 'bytes');
  });
});

describe('An instance whose encrypted body has another SHA-256 than was announced', () => {
  const digest = toHex(randomBytes(32));

  it.each([
    ['packed', { size: 300, isPlain: true }],
    ['not packed', {}],
  ])('goes into quarantine, as one with wrong bytes does (%s)', async (_, form) => {
    const { contracts, keys, own, other } = bed;
    const uid = newUid();
    const image = await bed.made(newFile(uid, form));
    await storeClaiming(bed, { key: keys.otherSite, contracts, image, sha256: { instance: digest } });
    await until('the verdict', async () => (await standing(other, image.imageId)) === 'bytes');
    await own.caughtUp();
    const { problems } = await own.archive.verify(uid);
    expect(problems).toEqual([expect.stringContaining(`announced was ${digest}`)]);
  });
});

describe('A header', () => {
  type Change = (image: MadeImage, header: ReturnType<typeof decodeHeader>) => MadeImage | Promise<MadeImage>;
  const saying =
    (change: (header: ReturnType<typeof decodeHeader>) => object): Change =>
    (image, header) =>
      bed.withHeader(image, encodeHeader({ ...header, ...change(header) }));
  const flip =
    (at: number): Change =>
    (image) => ({
      ...image,
      header: changed(image.header, (copy) => (copy[at < 0 ? copy.length + at : at]! ^= 1)),
    });

  it.each<[string, string, string, Change]>([
    ['is damaged in its cell', 'unreadable', 'unreadable', flip(50)],
    ['is damaged in its padding', 'unreadable', 'unreadable', flip(-20)],
    ['has another key commitment', 'locked', 'unreadable', flip(3)],
    ['is cut off', 'unreadable', 'unreadable', (image) => ({ ...image, header: image.header.subarray(0, -1) })],
    ['is plain', 'locked', 'unreadable', (image, header) => ({ ...image, header: encodeHeader(header) })],
    [
      'is that of another image',
      'locked',
      'unreadable',
      async (image) => ({ ...image, header: (await bed.made(newFile(newUid(), { size: 20 }))).header }),
    ],
    ['stands in place of the preview', 'unreadable', 'unreadable', (image) => ({ ...image, preview: image.header })],
    [
      'is of another instance, under the right keys',
      'image-key',
      'image-key',
      async (image) => {
        const stranger = await bed.made(newFile(newUid(), { size: 20 }));
        const keys = bed.secretsOf(stranger).keys(ROLE.header);
        return bed.withHeader(image, decryptSmallBody(stranger.header, { keys, role: ROLE.header }));
      },
    ],
    ['does not say what the body holds', 'unreadable', 'unreadable', saying(() => ({ encrypted: undefined }))],
    [
      'says that more is in the body than there is',
      'unreadable',
      'unreadable',
      saying(({ encrypted }) => ({ byteCount: 2 ** 40, encrypted: { ...encrypted, byteCount: 2 ** 40 } })),
    ],
    [
      'says that its plain bytes are others than were given',
      'unreadable',
      'unreadable',
      saying(({ encrypted }) => ({ byteCount: 17, encrypted })),
    ],
    [
      'says of few packed bytes that they become more than an index has room for',
      'unreadable',
      'unreadable',
      saying(({ encrypted }) => ({ byteCount: 2 ** 50, encrypted: { ...encrypted, scheme: 1 } })),
    ],
    [
      'says another SHA-256',
      'bytes',
      'in answers',
      saying(({ encrypted }) => ({ encrypted: { ...encrypted, sha256: 'ab'.repeat(32) } })),
    ],
  ])('that %s is %s at another site, %s at its own', async (_, elsewhere, here, change) => {
    const image = await bed.made(newFile(newUid(), { size: 40 }));
    const keys = bed.secretsOf(image).keys(ROLE.header);
    const header = decodeHeader(decryptSmallBody(image.header, { keys, role: ROLE.header }));
    expect(identify(header).PatientID).toBe(PATIENT);
    await bed.ledger.store(await change(image, header));
    await until(`it to be ${elsewhere}`, async () => (await standing(bed.other, image.imageId)) === elsewhere);
    expect(await standing(bed.own, image.imageId)).toBe(here);
  });
});
