import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { LedgerError } from '../base/errors.js';
import { toHex, type Hex } from './ethereum/hex.js';
import { chunksOfPiece } from './contract/chunks.js';
import { imageIdOf } from './contract/images.js';
import { deployRelease2 } from './consortium/deploy-release2.js';
import { accountOf } from './keys/sign.js';
import type { ImageNames, ImageToStore, Ledger } from './ledger.js';
import type { LedgerOptions } from './open-ledger.js';
import { embeddedBed } from './testing/embedded-ledger.js';
import {
  announceOnly,
  type Bed,
  contentOf,
  eventsUntil,
  newImage,
  openBed,
  sealedBodies,
} from './testing/ledger-bed.js';

/** A preview, encrypted: the longest has more than one piece. */
const PREVIEW_BYTES = 32_828;
const SCHEME = 2;

let bed: Bed;
let contracts: { consortium: Hex; images: Hex };
beforeAll(async () => {
  bed = await openBed(embeddedBed(0));
  contracts = await deployRelease2(bed.provider, {
    key: bed.keys.governor,
    governors: [accountOf(bed.keys.governor)],
    waitSeconds: 0,
    siteName: 'North',
    writers: [accountOf(bed.keys.site)],
    champions: [accountOf(bed.keys.stranger)],
  });
});
afterAll(() => bed.close());

const ringId = toHex(randomBytes(16));
const commitment = toHex(randomBytes(32));
const open = (options: Partial<LedgerOptions> = {}): Promise<Ledger> =>
  bed.open({ contracts: [contracts.images], ...options });
const withRing = async (): Promise<Ledger> => {
  const ledger = await open();
  await ledger.openRing(ringId, commitment);
  return ledger;
};

let serial = 0;
/** An image of random content under numbers of its own; the announced SHA-256 is of what lies on the chain, not of what was given. */
function image(
  byteCount: number,
  parts: Partial<Omit<ImageToStore, 'names'>> = {},
): ImageToStore & { names: ImageNames & { release: 2 } } {
  const names: ImageNames & { release: 2 } = {
    ...{ release: 2, ringId, imageKey: toHex(randomBytes(32)) },
    ...{ studyKey: (0xfedcba98n << 32n) + BigInt(++serial), patientKey: 2n ** 64n - BigInt(serial) },
  };
  return {
    ...newImage(0),
    imageId: imageIdOf(1, names.imageKey),
    preview: randomBytes(PREVIEW_BYTES),
    instance: { ...contentOf(randomBytes(byteCount)), sha256: toHex(randomBytes(32)), scheme: SCHEME },
    ...parts,
    names,
  };
}

const bytesOf = async ({ instance }: ImageToStore): Promise<Buffer> => instance.read(0, instance.byteCount);
const sha256 = (bytes: Buffer): Hex => toHex(createHash('sha256').update(bytes).digest());

describe('a ledger on the contracts of release 2', () => {
  it('says of which release it is, and where its sites are kept', async () => {
    const ledger = await open();
    expect(ledger).toMatchObject({ release: 2, consortium: contracts.consortium, siteId: 1 });
    expect(await ledger.sites()).toEqual([{ siteId: 1, name: 'North' }]);
    const names = image(0).names;
    expect(ledger.imageIdOf(names)).toBe(imageIdOf(1, names.imageKey));
  });

  it('stores no image before its ring is open, and opens each ring once', async () => {
    const ledger = await open();
    const other = toHex(randomBytes(16));
    const early = image(10);
    const stored = ledger.store({ ...early, names: { ...early.names, ringId: other } });
    await expect(stored).rejects.toMatchObject({ code: 'chain-refused', details: { reason: 'UnknownRing' } });
    await ledger.openRing(other, commitment);
    await ledger.openRing(other, commitment);
    await expect(ledger.openRing(other, toHex(randomBytes(32)))).rejects.toMatchObject({ code: 'conflict' });
  });

  it.each([0, 1, 24_575, 30_720, 700_000])('gives an image of %d bytes back as it was stored', async (byteCount) => {
    const ledger = await withRing();
    const stored = image(byteCount);
    await ledger.store(stored);
    const [announced, sealed] = await eventsUntil(ledger, stored.imageId, 'sealed');
    expect(announced).toMatchObject({ kind: 'announced', siteId: 1, names: stored.names });
    expect(sealed).toMatchObject({ kind: 'sealed', siteId: 1 });
    const { announced: bodies, instance } = await sealedBodies(ledger, stored.imageId);
    const { header, preview } = bodies;
    expect([header, preview, instance].map(({ scheme }) => scheme)).toEqual([SCHEME, SCHEME, SCHEME]);
    expect(instance.sha256).toBe(sha256(await bytesOf(stored)));
    expect(await ledger.readBody(header)).toEqual(stored.header);
    expect(await ledger.readBody(preview)).toEqual(stored.preview);
    const pieces = await ledger.readPieces(instance, 0, 100);
    expect(Buffer.concat(pieces)).toEqual(await bytesOf(stored));
    expect(await ledger.image(stored.imageId)).toEqual({ siteId: 1, state: 'sealed', sha256: instance.sha256 });
    const head = (await ledger.health({ maxAgeMs: 0 })).head!;
    const block = sealed!.position.blockNumber;
    expect(block).toBeLessThanOrEqual(head.number);
    expect((await ledger.seals(block)).has(stored.imageId)).toBe(true);
  });

  it('announces nothing of an image whose preview fails, and stores it with another one', async () => {
    const ledger = await withRing();
    const tooSlow = new LedgerError('unavailable', 'The picture was not made in time.');
    const stored = image(700_000, { preview: Promise.reject(tooSlow) });
    await expect(ledger.store(stored)).rejects.toBe(tooSlow);
    expect((await ledger.health({ maxAgeMs: 0 })).outboxTransactions).toBe(0);
    expect(await ledger.image(stored.imageId)).toBeUndefined();
    const preview = randomBytes(PREVIEW_BYTES);
    await ledger.store({ ...stored, preview: Promise.resolve(preview) });
    const { announced } = await sealedBodies(ledger, stored.imageId);
    expect(await ledger.readBody(announced.preview)).toEqual(preview);
  });

  it('announces a header of many chunks within the gas that it allows', async () => {
    const ledger = await withRing();
    const stored = image(10, { header: randomBytes(2 * 1024 * 1024) });
    expect(Math.ceil(stored.header.length / 30_720) * chunksOfPiece(30_720)).toBeGreaterThan(130);
    await ledger.store(stored);
    expect(await ledger.image(stored.imageId)).toMatchObject({ state: 'sealed' });
  });

  it('sends nothing of what has more chunks than a contract lists, and stores what has as many', async () => {
    const headOf = async (ledger: Ledger): Promise<bigint> => (await ledger.health({ maxAgeMs: 0 })).head!.number;
    await withRing();
    const ledger = await open({ pieceBytes: 100 });
    const before = await headOf(ledger);
    const header = image(10, { header: randomBytes(1_228 * 100 + 1) });
    const preview = image(10, { preview: Promise.resolve(randomBytes(1_228 * 100 + 1)) });
    const tooLarge = (sentence: string) => ({ code: 'too-large', message: expect.stringContaining(sentence) });
    await expect(ledger.store(header)).rejects.toMatchObject(tooLarge('The header has 1229 chunks'));
    await expect(ledger.store(preview)).rejects.toMatchObject(tooLarge('The preview has 1229 chunks'));
    const bytes = await open({ pieceBytes: 1 });
    const instance = image(1_228 * 1_228 + 1);
    await expect(bytes.store(instance)).rejects.toMatchObject(tooLarge('The instance has 1507985 chunks'));
    expect(await headOf(ledger)).toBe(before);
    const largest = image(10, { header: randomBytes(1_228 * 100), preview: Buffer.alloc(0) });
    await ledger.store(largest);
    expect(await ledger.image(largest.imageId)).toMatchObject({ state: 'sealed' });
  });

  it('checks pages that are full', async () => {
    const ledger = await withRing();
    const stored = image(1_300 * 24_575);
    await ledger.store(stored);
    expect(await ledger.image(stored.imageId)).toMatchObject({ state: 'sealed' });
    expect((await ledger.health()).reverted.count).toBe(0);
  });

  it('does nothing for an image that is stored, and refuses other bytes under its key', async () => {
    const ledger = await withRing();
    const stored = image(1_000);
    await ledger.store(stored);
    await ledger.store(stored);
    const events = await eventsUntil(ledger, stored.imageId, 'sealed');
    expect(events.map(({ kind }) => kind)).toEqual(['announced', 'sealed']);
    const other = { ...stored, instance: image(1_000).instance };
    await expect(ledger.store(other)).rejects.toMatchObject({ code: 'conflict', details: { siteId: 1 } });
  });

  it('withdraws what it announced with other numbers or bytes', async () => {
    const outboxFolder = await bed.newFolder();
    const first = image(600_000);
    const cut = await open({ outboxFolder });
    await announceOnly(cut, first);
    await cut.close();
    const again = await open({ outboxFolder });
    await again.store({ ...first, names: { ...first.names, studyKey: first.names.studyKey + 1_000n } });
    const kinds = (await eventsUntil(again, first.imageId, 'sealed')).map(({ kind }) => kind);
    expect(kinds).toEqual(['announced', 'withdrawn', 'announced', 'sealed']);
  });

  it('retires by the codes of CID 7011, and restores', async () => {
    const ledger = await withRing();
    const stored = image(1_000);
    await ledger.store(stored);
    await ledger.retire(stored.imageId, 'Data Retention Policy Expired (113039, DCM)');
    await expect(ledger.retire(stored.imageId, '113039')).rejects.toMatchObject({ code: 'gone' });
    await expect(ledger.store(stored)).rejects.toMatchObject({ code: 'gone' });
    await ledger.restore(stored.imageId);
    await ledger.store(stored);
    const events = await eventsUntil(ledger, stored.imageId, 'restored');
    const by = accountOf(bed.keys.site);
    expect(events.slice(2)).toMatchObject([
      { kind: 'retired', reason: 'Data Retention Policy Expired (113039, DCM)', ruling: 0, by, siteId: 1 },
      { kind: 'restored', ruling: 0, by, siteId: 1 },
    ]);
    await expect(ledger.restore(toHex(randomBytes(32)))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('takes no other word of a reason to the chain', async () => {
    const ledger = await withRing();
    const stored = image(1_000);
    await ledger.store(stored);
    await ledger.retire(stored.imageId, 'Mr Bean was lying on the wrong side');
    const events = await eventsUntil(ledger, stored.imageId, 'retired');
    expect(events.at(-1)).toMatchObject({ reason: 'Rejected for Quality Reasons (113001, DCM)' });
  });

  it('stores nothing for an account that writes for no site', async () => {
    const ledger = await open({ privateKey: bed.keys.stranger });
    expect(ledger.siteId).toBe(0);
    await expect(ledger.store(image(10))).rejects.toMatchObject({ code: 'site-not-admitted' });
  });

  it('takes no consortium for trials on a network', async () => {
    const message = expect.stringContaining('is for trials');
    await expect(open({ requiresWaits: true })).rejects.toMatchObject({ code: 'misconfigured', message });
  });

  it('takes no Consortium for the contract of images', async () => {
    const message = expect.stringContaining('is a Consortium');
    await expect(open({ contracts: [contracts.consortium] })).rejects.toMatchObject({ code: 'misconfigured', message });
  });
});

describe('a ledger on contracts of both releases', () => {
  const both = (): Hex[] => [contracts.images, bed.contract];

  it('has to be told what the sites of release 1 are called now', async () => {
    const named = expect.stringContaining('site 2 ("South")');
    const message = { code: 'misconfigured', message: named };
    await expect(open({ contracts: both(), formerSites: new Map([[1, 1]]) })).rejects.toMatchObject(message);
  });

  it('reads what release 1 has under the numbers of now, and writes to release 2', async () => {
    const old = newImage(1_000);
    const former = await bed.open({ privateKey: bed.keys.otherSite });
    await former.store(old);
    const formerSites = new Map([
      [1, 2],
      [2, 1],
    ]);
    const ledger = await open({ contracts: both(), formerSites });
    await ledger.openRing(ringId, commitment);
    const stored = image(1_000);
    await ledger.store(stored);
    expect(await ledger.image(old.imageId)).toMatchObject({ siteId: 1 });
    const [announced] = await eventsUntil(ledger, old.imageId, 'sealed');
    expect(announced).toMatchObject({ siteId: 1, names: old.names, contract: bed.contract });
    const [ofNow] = await eventsUntil(ledger, stored.imageId, 'sealed');
    expect(ofNow).toMatchObject({ siteId: 1, names: stored.names, contract: contracts.images });
    await expect(ledger.restore(old.imageId)).rejects.toMatchObject({ code: 'not-implemented' });
  });
});
