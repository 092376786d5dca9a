import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from '../base/testing/until.js';
import { imageIdOf } from '../ledger/contract/images.js';
import { toHex, type Hex } from '../ledger/ethereum/hex.js';
import { announceOnly, eventsUntil } from '../ledger/testing/ledger-bed.js';
import type { StudyNodes } from './secrecy/body-secrets.js';
import { type EncryptedBed, type MadeImage, openEncryptedBed } from './testing/encrypted-bed.js';
import { bytesOf, changed, found, given, newFile, newUid, PATIENT, standing } from './testing/encrypted-instances.js';
import { type EncryptedSite, openMadeRing } from './testing/encrypted-site.js';
import { partOf } from './testing/parts.js';
import { storeClaiming } from './testing/store-claiming.js';

let bed: EncryptedBed;
beforeAll(async () => {
  bed = await openEncryptedBed();
});
afterAll(() => bed.close());
afterEach(() => {
  bed.isShared = true;
});

describe('An instance of release 2', () => {
  it.each([
    ['packed', { size: 1_500, isPlain: true }],
    ['that does not become smaller', {}],
  ])('%s is stored encrypted, and given as it was', async (_, form) => {
    const uid = newUid();
    const file = newFile(uid, form);
    const { outcome } = await bed.own.archive.receive(partOf(file));
    expect(await outcome).toMatchObject({ kind: 'stored', alreadyThere: false });
    const instance = (await found(bed.own, uid))!;
    const sha256 = createHash('sha256').update(file).digest('hex');
    expect(instance).toMatchObject({ sha256, byteCount: file.length, state: 'sealed' });
    const body = await bed.own.archive.body(instance);
    expect(body.scheme).toBe(2);
    expect(body.sha256).not.toContain(sha256);
    expect((await given(bed.own, uid)).bytes.equals(file)).toBe(true);
    expect(await bed.own.archive.verify(uid)).toMatchObject({ byteCount: file.length, problems: [] });

    const [announced] = await eventsUntil(bed.ledger, instance.imageId as Hex, 'announced');
    if (announced?.kind !== 'announced') throw new Error('It is not announced.');
    for (const small of [announced.header, announced.preview])
      expect((await bed.ledger.readBody(small)).includes(PATIENT)).toBe(false);

    await until('the other site to have it', async () => (await found(bed.other, uid))?.state === 'sealed');
    expect((await given(bed.other, uid)).bytes.equals(file)).toBe(true);
    const frame = await (await bed.other.archive.open((await found(bed.other, uid))!)).frame(1, 'stored');
    const pixels: Buffer[] = [];
    for await (const chunk of frame.open()) pixels.push(chunk);
    expect(Buffer.concat(pixels).equals(file.subarray(-Buffer.concat(pixels).length))).toBe(true);
  });

  it('is there already when it comes again, also to a server that has forgotten everything', async () => {
    const uid = newUid();
    const file = newFile(uid);
    await (
      await bed.own.archive.receive(partOf(file))
    ).outcome;
    const store = async ({ archive }: EncryptedSite, part: Buffer) => (await archive.receive(partOf(part))).outcome;
    expect(await store(bed.own, file)).toMatchObject({ kind: 'stored', alreadyThere: true });
    const { site } = await bed.newSite({ ledger: bed.ledger, ring: bed.ring });
    await site.caughtUp();
    expect(await store(site, file)).toMatchObject({ kind: 'stored', alreadyThere: true });
    const instance = await found(bed.own, uid);
    const changedFile = changed(file, (copy) => (copy[copy.length - 1]! ^= 1));
    expect(await store(bed.own, changedFile)).toMatchObject({ kind: 'refused', reason: 0x0111 });
    await bed.own.archive.retire(uid, '113001');
    expect(await store(bed.own, file)).toMatchObject({ kind: 'refused', reason: 0x0110 });
    expect(instance).toMatchObject({ state: 'sealed' });
  });

  it('is not announced a second time when another ring is written to after its announcement', async () => {
    const file = newFile(newUid());
    const image = await bed.made(file);
    await announceOnly(bed.ledger, image);
    const next = await openMadeRing(bed.ledger);
    const writingRing = () => Promise.resolve({ ringId: next.ringId });
    const ownRings = (): Buffer[] => [bed.ring.ringId, next.ringId];
    const nodes: StudyNodes = {
      studyNode: (...of) => bed.ring.nodes.studyNode(...of) ?? next.nodes.studyNode(...of),
    };
    const { site: later } = await bed.newSite({
      ledger: bed.ledger,
      ring: { ...next, numbers: { ...bed.ring.numbers, writingRing, ownRings } },
      nodes,
    });
    await later.caughtUp();
    expect(await (await later.archive.receive(partOf(file))).outcome).toMatchObject({ kind: 'stored' });
    expect(await bed.ledger.image(image.imageId)).toMatchObject({ state: 'sealed' });
    // What is new goes under the other ring.
    const fresh = await bed.made(newFile(newUid()), { naming: later.naming });
    expect(fresh.names.ringId).toBe(toHex(next.ringId));
    expect((await bed.made(file, { naming: later.naming })).imageId).toBe(image.imageId);
  });

  it('gives one study one number, however many of it come at once', async () => {
    const files = [newUid(), newUid(), newUid()].map((uid) => newFile(uid, { size: 30 }));
    const outcomes = await Promise.all(
      files.map(async (file) => (await bed.own.archive.receive(partOf(file))).outcome),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored']);
    const instances = await bed.own.archive.instances({ StudyInstanceUID: '1.2.3.5' });
    expect(new Set(instances.map(({ studyKey }) => studyKey)).size).toBe(1);
  });

  it('has the same bodies after a restart, and other GCM nonces where it is packed in another way', async () => {
    const file = newFile(newUid(), { isPlain: true, size: 600 });
    const { site } = await bed.newSite({ ledger: bed.ledger, ring: bed.ring });
    const [one, again] = [await bed.made(file), await bed.made(file, { naming: site.naming })];
    expect(again.names).toEqual(one.names);
    for (const role of ['header', 'preview'] as const) expect((await again[role]).equals(await one[role])).toBe(true);
    expect((await bytesOf(again)).equals(await bytesOf(one))).toBe(true);
    const plain = await bytesOf(await bed.made(file, { compresses: false }));
    expect(plain.subarray(32, 44).equals((await bytesOf(one)).subarray(32, 44))).toBe(false);
  });
});

describe('A site without a key', () => {
  it('has nothing of it on its disk, finds nothing, and all of it once the key comes', async () => {
    bed.isShared = false;
    let holds = false;
    const nodes: StudyNodes = { studyNode: (...of) => (holds ? bed.ring.nodes.studyNode(...of) : undefined) };
    const { site, folder } = await bed.newSite({ ledger: bed.stranger, nodes });
    const uid = newUid();
    const file = newFile(uid);
    await (
      await bed.own.archive.receive(partOf(file))
    ).outcome;
    const { imageId } = (await found(bed.own, uid))!;
    expect(await standing(site, imageId)).toBe('locked');
    expect(await found(site, uid)).toBeUndefined();
    expect((await site.archive.counts()).patients).toBe(0);
    for (const name of await readdir(folder, { recursive: true })) {
      const bytes = await readFile(path.join(folder, name)).catch(() => Buffer.alloc(0));
      expect([name, bytes.includes(PATIENT) || bytes.includes(uid)]).toEqual([name, false]);
    }
    holds = true;
    await site.unlock({ siteId: 1, ringId: bed.ring.ringId });
    await until('it to be there', async () => (await found(site, uid))?.state === 'sealed');
    expect((await given(site, uid)).bytes.equals(file)).toBe(true);
  });

  it('verifies without a key whether an image is what was announced', async () => {
    const { ledger, contracts } = bed;
    const { site } = await bed.newSite({ ledger: bed.stranger, nodes: { studyNode: () => undefined } });
    const { archive } = site;
    const lies = ['header', 'preview', 'instance'] as const;
    const digest = toHex(randomBytes(32));
    const honest = await bed.made(newFile(newUid(), { size: 200 }));
    const lying: MadeImage[] = [];
    while (lying.length < lies.length) lying.push(await bed.made(newFile(newUid(), { size: 200 })));
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
    await expect(bed.own.archive.verifyLocked(imageId)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('Bodies that are copied', () => {
  it('to another contract are not opened there', async () => {
    const second = await bed.deployed('South');
    const writer = await bed.open({ contracts: [second.images] });
    // The same ring is open there too, and the same site has the same number.
    await writer.openRing(`0x${bed.ring.ringId.toString('hex')}`, `0x${'12'.repeat(32)}`);
    const image = await bed.made(newFile(newUid(), { size: 40 }));
    await writer.store(image);
    const reading = await bed.open({ contracts: [second.images], privateKey: bed.keys.stranger });
    const { site } = await bed.newSite({ ledger: reading });
    expect(await standing(site, imageIdOf(1, image.names.imageKey))).toBe('locked');
    expect((await site.archive.counts()).instances).toBe(0);
  });

  it('to another study of the same ring are not opened there', async () => {
    const image = await bed.made(newFile(newUid(), { size: 40 }));
    const names = { ...image.names, studyKey: image.names.studyKey + 99n };
    await bed.ledger.store({ ...image, names, imageId: bed.ledger.imageIdOf(names) });
    expect(await standing(bed.other, bed.ledger.imageIdOf(names))).toBe('locked');
  });
});
