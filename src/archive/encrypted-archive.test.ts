import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bufferSource } from '../base/byte-source.js';
import { until } from '../base/testing/until.js';
import type { CatalogInstance } from '../catalog/catalog.js';
import { identify } from '../dicom/data-set/attributes.js';
import { decodeHeader, encodeHeader } from '../dicom/metadata/encode-header.js';
import { scanPart10 } from '../dicom/part10/part10.js';
import { deployRelease2 } from '../ledger/consortium/deploy-release2.js';
import { imageIdOf } from '../ledger/contract/images.js';
import { toHex, type Hex } from '../ledger/ethereum/hex.js';
import { accountOf } from '../ledger/keys/sign.js';
import type { ImageNames, ImageToStore, Ledger } from '../ledger/ledger.js';
import { embeddedBed } from '../ledger/testing/embedded-ledger.js';
import { announceOnly, type Bed, eventsUntil, openBed } from '../ledger/testing/ledger-bed.js';
import { ROLE } from '../secrecy/body-keys.js';
import { encryptedImageOf, type ImageSecrets, type StudyNodes } from './secrecy/body-secrets.js';
import { decryptSmallBody, encryptSmallBody } from './secrecy/small-body.js';
import { prepareImage } from './store/prepare-image.js';
import type { SpooledPart } from './store/spool.js';
import {
  type EncryptedSite,
  MAX_HEADER_BYTES,
  type MadeRing,
  openEncryptedSite,
  openMadeRing,
} from './testing/encrypted-site.js';
import { partOf, slice } from './testing/parts.js';
import { storeClaiming } from './testing/store-claiming.js';

type Names2 = ImageNames & { release: 2 };
type Made = ImageToStore & { names: Names2 };

const PATIENT = 'SECRET-4711';
const CELL = 65_564;

let root: string;
let bed: Bed;
let contracts: { consortium: Hex; images: Hex };
let ledger: Ledger;
let stranger: Ledger;
let ring: MadeRing;
let own: EncryptedSite;
/** Of the other site: whether it holds the ring. */
let isShared = true;
let other: EncryptedSite;
const sites: EncryptedSite[] = [];

const deployed = (siteName: string): Promise<{ consortium: Hex; images: Hex }> =>
  deployRelease2(bed.provider, {
    key: bed.keys.governor,
    governors: [accountOf(bed.keys.governor)],
    waitSeconds: 0,
    siteName,
    // The second writes what `ledger` would not.
    writers: [accountOf(bed.keys.site), accountOf(bed.keys.otherSite)],
    champions: [],
  });

async function newSite(options: Omit<Parameters<typeof openEncryptedSite>[1], 'nodes'> & { nodes?: StudyNodes }) {
  const folder = await mkdtemp(path.join(root, 'site-'));
  const site = await openEncryptedSite(folder, { nodes: ring.nodes, ...options });
  sites.push(site);
  return { site, folder };
}

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-encrypted-'));
  bed = await openBed(embeddedBed(0));
  contracts = await deployed('North');
  ledger = await bed.open({ contracts: [contracts.images] });
  // It belongs to no site: to it, all is another site's.
  stranger = await bed.open({ contracts: [contracts.images], privateKey: bed.keys.stranger });
  ring = await openMadeRing(ledger);
  ({ site: own } = await newSite({ ledger, ring }));
  const nodes: StudyNodes = { studyNode: (...of) => (isShared ? ring.nodes.studyNode(...of) : undefined) };
  ({ site: other } = await newSite({ ledger: stranger, nodes }));
});
afterEach(() => {
  isShared = true;
});
afterAll(async () => {
  for (const site of sites) await site.close();
  await bed.close();
  await rm(root, { recursive: true });
});

let uids = 0;
const newUid = (): string => `1.2.826.0.1.${++uids}`;
/** Random pixels don't become smaller; `isPlain` ones do. */
function newFile(uid: string, { size = 700, isPlain = false } = {}): Buffer {
  const file = slice({ SOPInstanceUID: uid, PatientID: PATIENT, size });
  if (!isPlain) randomBytes(size * size).copy(file, file.length - size * size);
  return file;
}

const found = async ({ catalog }: EncryptedSite, uid: string): Promise<CatalogInstance | undefined> =>
  catalog.seenBy('everything').instance(uid);

/** All bytes that a site gives of an instance before it fails, and the code of its failure. */
async function given({ archive }: EncryptedSite, uid: string): Promise<{ bytes: Buffer; code?: unknown }> {
  const chunks: Buffer[] = [];
  try {
    const instance = (await archive.instance(uid))!;
    for await (const chunk of (await archive.open(instance)).storedFile().open()) chunks.push(chunk);
    return { bytes: Buffer.concat(chunks) };
  } catch (error) {
    return { bytes: Buffer.concat(chunks), code: (error as { code?: unknown }).code };
  }
}

/** What the site's server would store of a file. */
async function made(file: Buffer, { naming = own.naming, compresses = true } = {}): Promise<Made> {
  const scanned = await scanPart10(bufferSource(file));
  if (scanned.kind !== 'header') throw new Error(scanned.message);
  const { header, identity } = scanned;
  const part = { bytes: bufferSource(file), sha256: createHash('sha256').update(file).digest('hex') } as SpooledPart;
  const named = naming.instance({ ...identity, IssuerOfPatientID: 'north' });
  const settings = { patientIdIssuer: 'north', maxHeaderBytes: MAX_HEADER_BYTES, compresses };
  const content = { kind: 'content', header, identity } as const;
  return (await prepareImage({ pictures: own.pictures, settings }, { part, content, named })) as Made;
}

const bytesOf = ({ instance }: ImageToStore): Promise<Buffer> => instance.read(0, instance.byteCount);
const withBytes = (image: Made, bytes: Buffer): Made => ({
  ...image,
  instance: { ...image.instance, ...bufferSource(bytes) },
});
const secretsOf = ({ names }: Made): ImageSecrets =>
  own.secrets.of(
    encryptedImageOf({
      ...{ contract: contracts.images, siteId: 1, ringId: names.ringId, imageKey: names.imageKey },
      studyKey: String(names.studyKey),
    })!,
  )!;

/** Of what was announced: how it stands in the catalogue of a site. */
async function standing(site: EncryptedSite, imageId: string): Promise<string> {
  await site.caughtUp();
  return site.catalog.projection.holder(imageId)?.hidden ?? 'in answers';
}

function changed(bytes: Buffer, change: (copy: Buffer) => unknown): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

describe('An instance of release 2', () => {
  it.each([
    ['packed', { size: 1_500, isPlain: true }],
    ['that does not become smaller', {}],
  ])('%s is stored encrypted, and given as it was', async (_, form) => {
    const uid = newUid();
    const file = newFile(uid, form);
    const { outcome } = await own.archive.receive(partOf(file));
    expect(await outcome).toMatchObject({ kind: 'stored', alreadyThere: false });
    const instance = (await found(own, uid))!;
    const sha256 = createHash('sha256').update(file).digest('hex');
    expect(instance).toMatchObject({ sha256, byteCount: file.length, state: 'sealed' });
    const body = await own.archive.body(instance);
    expect(body.scheme).toBe(2);
    expect(body.sha256).not.toContain(sha256);
    expect((await given(own, uid)).bytes.equals(file)).toBe(true);
    expect(await own.archive.verify(uid)).toMatchObject({ byteCount: file.length, problems: [] });

    const [announced] = await eventsUntil(ledger, instance.imageId as Hex, 'announced');
    if (announced?.kind !== 'announced') throw new Error('It is not announced.');
    for (const small of [announced.header, announced.preview])
      expect((await ledger.readBody(small)).includes(PATIENT)).toBe(false);

    await until('the other site to have it', async () => (await found(other, uid))?.state === 'sealed');
    expect((await given(other, uid)).bytes.equals(file)).toBe(true);
    const frame = await (await other.archive.open((await found(other, uid))!)).frame(1, 'stored');
    const pixels: Buffer[] = [];
    for await (const chunk of frame.open()) pixels.push(chunk);
    expect(Buffer.concat(pixels).equals(file.subarray(-Buffer.concat(pixels).length))).toBe(true);
  });

  it('is there already when it comes again, also to a server that has forgotten everything', async () => {
    const uid = newUid();
    const file = newFile(uid);
    await (
      await own.archive.receive(partOf(file))
    ).outcome;
    const store = async ({ archive }: EncryptedSite, part: Buffer) => (await archive.receive(partOf(part))).outcome;
    expect(await store(own, file)).toMatchObject({ kind: 'stored', alreadyThere: true });
    const { site } = await newSite({ ledger, ring });
    await site.caughtUp();
    expect(await store(site, file)).toMatchObject({ kind: 'stored', alreadyThere: true });
    const instance = await found(own, uid);
    const changedFile = changed(file, (copy) => (copy[copy.length - 1]! ^= 1));
    expect(await store(own, changedFile)).toMatchObject({ kind: 'refused', reason: 0x0111 });
    await own.archive.retire(uid, '113001');
    expect(await store(own, file)).toMatchObject({ kind: 'refused', reason: 0x0110 });
    expect(instance).toMatchObject({ state: 'sealed' });
  });

  it('is not announced a second time when another ring is written to after its announcement', async () => {
    const file = newFile(newUid());
    const image = await made(file);
    await announceOnly(ledger, image);
    const next = await openMadeRing(ledger);
    const writingRing = () => Promise.resolve({ ringId: next.ringId });
    const ownRings = (): Buffer[] => [ring.ringId, next.ringId];
    const nodes: StudyNodes = {
      studyNode: (...of) => ring.nodes.studyNode(...of) ?? next.nodes.studyNode(...of),
    };
    const { site: later } = await newSite({
      ledger,
      ring: { ...next, numbers: { ...ring.numbers, writingRing, ownRings } },
      nodes,
    });
    await later.caughtUp();
    expect(await (await later.archive.receive(partOf(file))).outcome).toMatchObject({ kind: 'stored' });
    expect(await ledger.image(image.imageId)).toMatchObject({ state: 'sealed' });
    // What is new goes under the other ring.
    const fresh = await made(newFile(newUid()), { naming: later.naming });
    expect(fresh.names.ringId).toBe(toHex(next.ringId));
    expect((await made(file, { naming: later.naming })).imageId).toBe(image.imageId);
  });

  it('gives one study one number, however many of it come at once', async () => {
    const files = [newUid(), newUid(), newUid()].map((uid) => newFile(uid, { size: 30 }));
    const outcomes = await Promise.all(files.map(async (file) => (await own.archive.receive(partOf(file))).outcome));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored']);
    const instances = await own.archive.instances({ StudyInstanceUID: '1.2.3.5' });
    expect(new Set(instances.map(({ studyKey }) => studyKey)).size).toBe(1);
  });

  it('has the same bodies after a restart, and other GCM nonces where it is packed in another way', async () => {
    const file = newFile(newUid(), { isPlain: true, size: 600 });
    const { site } = await newSite({ ledger, ring });
    const [one, again] = [await made(file), await made(file, { naming: site.naming })];
    expect(again.names).toEqual(one.names);
    for (const role of ['header', 'preview'] as const) expect(again[role].equals(one[role])).toBe(true);
    expect((await bytesOf(again)).equals(await bytesOf(one))).toBe(true);
    const plain = await bytesOf(await made(file, { compresses: false }));
    expect(plain.subarray(32, 44).equals((await bytesOf(one)).subarray(32, 44))).toBe(false);
  });
});

describe('A site without a key', () => {
  it('has nothing of it on its disk, finds nothing, and all of it once the key comes', async () => {
    isShared = false;
    let holds = false;
    const nodes: StudyNodes = { studyNode: (...of) => (holds ? ring.nodes.studyNode(...of) : undefined) };
    const { site, folder } = await newSite({ ledger: stranger, nodes });
    const uid = newUid();
    const file = newFile(uid);
    await (
      await own.archive.receive(partOf(file))
    ).outcome;
    const { imageId } = (await found(own, uid))!;
    expect(await standing(site, imageId)).toBe('locked');
    expect(await found(site, uid)).toBeUndefined();
    expect((await site.archive.counts()).patients).toBe(0);
    for (const name of await readdir(folder, { recursive: true })) {
      const bytes = await readFile(path.join(folder, name)).catch(() => Buffer.alloc(0));
      expect([name, bytes.includes(PATIENT) || bytes.includes(uid)]).toEqual([name, false]);
    }
    holds = true;
    await site.unlock({ siteId: 1, ringId: ring.ringId });
    await until('it to be there', async () => (await found(site, uid))?.state === 'sealed');
    expect((await given(site, uid)).bytes.equals(file)).toBe(true);
  });

  it('verifies without a key whether an image is what was announced', async () => {
    const { site } = await newSite({ ledger: stranger, nodes: { studyNode: () => undefined } });
    const { archive } = site;
    const lies = ['header', 'preview', 'instance'] as const;
    const digest = toHex(randomBytes(32));
    const honest = await made(newFile(newUid(), { size: 200 }));
    const lying: Made[] = [];
    while (lying.length < lies.length) lying.push(await made(newFile(newUid(), { size: 200 })));
    const images = [honest, ...lying];
    await ledger.store(honest);
    const key = bed.keys.otherSite;
    for (const [i, role] of lies.entries())
      await storeClaiming(bed, { key, contracts, image: lying[i]!, sha256: { [role]: digest } });
    for (const { imageId } of images) expect(await standing(site, imageId)).toBe('locked');

    const listed: string[] = [];
    for await (const { imageId, siteId } of archive.lockedImages()) if (siteId === 1) listed.push(imageId);
    expect(listed).toEqual(expect.arrayContaining(images.map(({ imageId }) => imageId)));
    const { instance, imageId } = honest;
    expect(await archive.verifyLocked(imageId)).toMatchObject({ byteCount: instance.byteCount, problems: [] });
    for (const [i, role] of lies.entries())
      expect([role, await archive.verifyLocked(lying[i]!.imageId)]).toEqual([
        role,
        expect.objectContaining({ problems: [expect.stringContaining(digest)] }),
      ]);

    const narrow = archive.seenBy({ studies: [] });
    await expect(narrow.verifyLocked(imageId)).rejects.toMatchObject({ code: 'not-found' });
    // With a key there is more to verify.
    await expect(own.archive.verifyLocked(imageId)).rejects.toMatchObject({ code: 'not-found' });
  });
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
    ['all of another image', async () => bytesOf(await made(newFile(newUid())))],
    [
      'the key commitment of another image',
      async (bytes) =>
        Buffer.concat([(await bytesOf(await made(newFile(newUid())))).subarray(0, 32), bytes.subarray(32)]),
    ],
    [
      'the cells of another image',
      async (bytes) =>
        Buffer.concat([bytes.subarray(0, 32), (await bytesOf(await made(newFile(newUid())))).subarray(32)]),
    ],
  ])('%s', async (name, damage) => {
    const uid = newUid();
    const file = newFile(uid);
    const image = await made(file);
    await ledger.store(withBytes(image, await damage(await bytesOf(image))));
    await own.caughtUp();
    await until('the own site to know the seal', async () => (await own.archive.instance(uid))?.state !== 'announced');
    await other.caughtUp();
    // Of another site, nothing is given before all was verified; it goes into quarantine then.
    const elsewhere = await found(other, uid);
    expect((elsewhere ? await given(other, uid) : { bytes: Buffer.alloc(0) }).bytes.length).toBe(0);
    await until('the verdict', async () => ['bytes', 'unreadable'].includes(await standing(other, image.imageId)));

    // Of its own, a site believes what it has announced, and still gives nothing wrong.
    const instance = await found(own, uid);
    if (!instance) return expect(await standing(own, image.imageId)).toBe('unreadable');
    const { bytes, code } = await given(own, uid);
    expect([name, code]).toEqual([name, 'corrupt']);
    expect(bytes.equals(file.subarray(0, bytes.length))).toBe(true);
    expect(bytes.length).toBe(0);
    expect((await own.archive.verify(uid)).problems).toHaveLength(1);
  });

  it('padding that is not zero', async () => {
    const uid = newUid();
    const image = await made(newFile(uid));
    const secrets = secretsOf(image);
    const header = decodeHeader(decryptSmallBody(image.header, { keys: secrets.keys(ROLE.header), role: ROLE.header }));
    const said = { ...header.encrypted!, byteCount: header.encrypted!.byteCount };
    // One byte less is said to be in it than there is.
    const lie = { ...header, byteCount: header.byteCount! - 1, encrypted: { ...said, byteCount: said.byteCount - 1 } };
    await ledger.store(withHeader(image, encodeHeader(lie)));
    await until('the verdict', async () => (await standing(other, image.imageId)) === 'bytes');
  });
});

function withHeader(image: Made, header: Buffer): Made {
  const keys = secretsOf(image).keys(ROLE.header);
  return { ...image, header: encryptSmallBody(header, { keys, role: ROLE.header, isPadded: true }) };
}

describe('An instance whose encrypted body has another SHA-256 than was announced', () => {
  const digest = toHex(randomBytes(32));

  it.each([
    ['packed', { size: 300, isPlain: true }],
    ['not packed', {}],
  ])('goes into quarantine, as one with wrong bytes does (%s)', async (_, form) => {
    const uid = newUid();
    const image = await made(newFile(uid, form));
    await storeClaiming(bed, { key: bed.keys.otherSite, contracts, image, sha256: { instance: digest } });
    await until('the verdict', async () => (await standing(other, image.imageId)) === 'bytes');
    await own.caughtUp();
    const { problems } = await own.archive.verify(uid);
    expect(problems).toEqual([expect.stringContaining(`announced was ${digest}`)]);
  });
});

describe('A header', () => {
  type Change = (image: Made, header: ReturnType<typeof decodeHeader>) => Made | Promise<Made>;
  const saying =
    (change: (header: ReturnType<typeof decodeHeader>) => object): Change =>
    (image, header) =>
      withHeader(image, encodeHeader({ ...header, ...change(header) }));
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
      async (image) => ({ ...image, header: (await made(newFile(newUid(), { size: 20 }))).header }),
    ],
    ['stands in place of the preview', 'unreadable', 'unreadable', (image) => ({ ...image, preview: image.header })],
    [
      'is of another instance, under the right keys',
      'image-key',
      'image-key',
      async (image) => {
        const stranger = await made(newFile(newUid(), { size: 20 }));
        const keys = secretsOf(stranger).keys(ROLE.header);
        return withHeader(image, decryptSmallBody(stranger.header, { keys, role: ROLE.header }));
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
    const image = await made(newFile(newUid(), { size: 40 }));
    const keys = secretsOf(image).keys(ROLE.header);
    const header = decodeHeader(decryptSmallBody(image.header, { keys, role: ROLE.header }));
    expect(identify(header).PatientID).toBe(PATIENT);
    await ledger.store(await change(image, header));
    await until(`it to be ${elsewhere}`, async () => (await standing(other, image.imageId)) === elsewhere);
    expect(await standing(own, image.imageId)).toBe(here);
  });
});

describe('Bodies that are copied', () => {
  it('to another contract are not opened there', async () => {
    const second = await deployed('South');
    const writer = await bed.open({ contracts: [second.images] });
    // The same ring is open there too, and the same site has the same number.
    await writer.openRing(`0x${ring.ringId.toString('hex')}`, `0x${'12'.repeat(32)}`);
    const image = await made(newFile(newUid(), { size: 40 }));
    await writer.store(image);
    const reading = await bed.open({ contracts: [second.images], privateKey: bed.keys.stranger });
    const { site } = await newSite({ ledger: reading });
    expect(await standing(site, imageIdOf(1, image.names.imageKey))).toBe('locked');
    expect((await site.archive.counts()).instances).toBe(0);
  });

  it('to another study of the same ring are not opened there', async () => {
    const image = await made(newFile(newUid(), { size: 40 }));
    const names = { ...image.names, studyKey: image.names.studyKey + 99n };
    await ledger.store({ ...image, names, imageId: ledger.imageIdOf(names) });
    expect(await standing(other, ledger.imageIdOf(names))).toBe('locked');
  });
});
