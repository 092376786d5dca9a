import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { grant, studyNodeOf, wholeRing } from '../secrecy/ring.js';
import { ringCommitment } from '../secrecy/ring-commitment.js';
import { pathOf } from '../secrecy/tree.js';
import type { KeyringChange, OwnRing } from './keyring.js';
import { readRingFile } from './ring-file.js';
import { inTheClear, type KeysBed, keysBed, OWNER, otherRing } from './testing/keys-bed.js';

const IN_2026 = new Date('2026-12-31T23:59:59.999Z');
const IN_2027 = new Date('2027-01-01T00:00:00.000Z');
const STUDY = 0x0123456789abcdefn;

let bed: KeysBed;
beforeEach(() => {
  bed = keysBed();
});
afterEach(() => bed.remove());

describe('openKeyring', () => {
  it('makes a ring whose root gives its commitment, and has both again after a restart', async () => {
    const keyring = await bed.open();
    expect(keyring.writing).toBeUndefined();
    const made = await keyring.newRing(IN_2026);
    await keyring.writeTo(made.ringId);
    const node = keyring.studyNode({ siteId: 7, ringId: made.ringId }, STUDY);
    await keyring.close();

    const root = (await readRingFile(bed.keys, inTheClear()))!.rings[0]!.ring.get('')!;
    expect(made.commitment).toEqual(ringCommitment(root, { ...OWNER, ringId: made.ringId }));
    expect(node).toEqual(studyNodeOf(wholeRing(root), STUDY));

    const again = await bed.open();
    expect(again.writing).toEqual(made);
    expect(again.rings()).toEqual([{ siteId: 7, ringId: made.ringId, isWhole: true, treeNodes: 1 }]);
    expect(again.studyNode({ siteId: 7, ringId: made.ringId }, STUDY)).toEqual(node);
    await again.close();
  });

  it('has its files for this user alone, and refuses a folder that others may enter', async () => {
    const keyring = await bed.open();
    const { ringId } = await keyring.newRing(IN_2026);
    await keyring.writeTo(ringId);
    await keyring.numbersOf({ StudyInstanceUID: '1.2', IssuerOfPatientID: '', PatientID: '' });
    for (const name of readdirSync(bed.keys)) expect(statSync(path.join(bed.keys, name)).mode & 0o077).toBe(0);
    expect(statSync(bed.keys).mode & 0o077).toBe(0);
    await keyring.close();
    chmodSync(bed.keys, 0o750);
    await expect(bed.open()).rejects.toMatchObject({ code: 'misconfigured' });
  });

  it('gives the same new ring until it is written to, also after a restart, and says in each year that one is due', async () => {
    const keyring = await bed.open();
    expect(keyring.isDue(IN_2026)).toBe(true);
    const first = await keyring.newRing(IN_2026);
    expect(keyring.isDue(IN_2026)).toBe(true);
    await keyring.close();

    const again = await bed.open();
    expect(await again.newRing(IN_2026)).toEqual(first);
    await again.writeTo(first.ringId);
    expect(again.isDue(IN_2026)).toBe(false);
    expect(again.isDue(IN_2027)).toBe(true);

    const second = await again.newRing(IN_2027);
    expect(second.ringId).not.toEqual(first.ringId);
    expect(again.writing).toEqual(first);
    await again.writeTo(second.ringId);
    await again.writeTo(second.ringId);
    expect(again.writing).toEqual(second);
    expect(again.rings()).toHaveLength(2);
    await expect(again.writeTo(first.ringId)).rejects.toMatchObject({ code: 'internal' });
    await again.close();
  });

  it('has a ring of the year for each audience, one of which is written to', async () => {
    const keyring = await bed.open();
    const alone = await keyring.newRing(IN_2026);
    await keyring.writeTo(alone.ringId);
    const wide = await keyring.newRing(IN_2026, [3, 2]);
    expect(wide).toMatchObject({ audience: [2, 3], year: 2026 });
    const narrow = await keyring.newRing(IN_2026, [2]);
    expect(await keyring.newRing(IN_2026, [2, 3])).toEqual(wide);
    await keyring.writeTo(wide.ringId);
    expect([[], [2], [2, 3], [3, 2]].map((audience) => keyring.isDue(IN_2026, audience))).toEqual([true, true, false, false]); // prettier-ignore
    await keyring.close();

    const again = await bed.open();
    expect(again.writing).toEqual(wide);
    expect(await again.newRing(IN_2026, [2])).toEqual(narrow);
    // That which was written to before comes back, until it is set aside.
    expect(await again.newRing(IN_2026)).toEqual(alone);
    await again.setAside(alone.ringId);
    const other = await again.newRing(IN_2026);
    expect(other.ringId).not.toEqual(alone.ringId);
    expect(again.rings()).toHaveLength(4);
    await expect(again.writeTo(alone.ringId)).rejects.toMatchObject({ code: 'internal' });
    await again.close();
  });

  it('reads what an earlier release has remembered, which wrote for its own site alone', async () => {
    const keyring = await bed.open();
    const writing = await keyring.newRing(IN_2026);
    await keyring.writeTo(writing.ringId);
    const prepared = await keyring.newRing(IN_2027);
    await keyring.close();
    const earlier = ({ ringId, commitment, year }: OwnRing) => ({
      ...{ ringId: ringId.toString('hex'), commitment: commitment.toString('hex'), year },
    });
    const state = { format: 1, writing: earlier(writing), prepared: earlier(prepared), punctures: 0 };
    writeFileSync(path.join(bed.keys, 'writing.json'), JSON.stringify(state));
    const again = await bed.open();
    expect(again.writing).toEqual({ ...writing, audience: [] });
    expect(await again.newRing(IN_2027)).toEqual(prepared);
    await again.close();
  });

  it('gives no node of a ring that it does not hold, and the present one again after the cache was full', async () => {
    const keyring = await bed.open({ cachedNodes: 2 });
    const { siteId, ringId, root } = otherRing();
    expect(keyring.studyNode({ siteId, ringId }, STUDY)).toBeUndefined();
    await keyring.merge({ siteId, ringId }, wholeRing(root), { erased: [] });
    const studies = [1n, 2n, 3n, 1n, 1n];
    for (const study of studies)
      expect(keyring.studyNode({ siteId, ringId }, study)).toEqual(studyNodeOf(wholeRing(root), study));
    expect(keyring.studyNode({ siteId: 8, ringId }, 1n)).toBeUndefined();
    await keyring.close();
  });

  it('takes in a grant, then the whole ring without what was erased, and never what contradicts', async () => {
    const keyring = await bed.open();
    const { siteId, ringId, root } = otherRing();
    const changes: KeyringChange[] = [];
    const end = keyring.onChange((change) => changes.push(change));
    const [granted, erased] = [pathOf(5n), pathOf(6n)];
    await keyring.merge({ siteId, ringId }, grant(wholeRing(root), granted), { erased: [] });
    expect(keyring.studyNode({ siteId, ringId }, 5n)).toBeDefined();
    expect(keyring.studyNode({ siteId, ringId }, 4n)).toBeUndefined();

    await keyring.merge({ siteId, ringId }, wholeRing(root), { erased: [erased] });
    expect(keyring.studyNode({ siteId, ringId }, 4n)).toEqual(studyNodeOf(wholeRing(root), 4n));
    expect(keyring.studyNode({ siteId, ringId }, 6n)).toBeUndefined();
    expect(changes).toEqual([
      { kind: 'merged', siteId, ringId },
      { kind: 'merged', siteId, ringId },
    ]);

    const before = bed.ringFile();
    const wrong = keyring.merge({ siteId, ringId }, wholeRing(randomBytes(32)), { erased: [] });
    await expect(wrong).rejects.toMatchObject({ code: 'conflict' });
    expect(bed.ringFile()).toEqual(before);
    // What adds nothing writes nothing, and is told to nobody.
    await keyring.merge({ siteId, ringId }, grant(wholeRing(root), granted), { erased: [] });
    expect(bed.ringFile()).toEqual(before);
    expect(changes).toHaveLength(2);
    end();
    await keyring.puncture({ siteId }, [granted]);
    expect(changes).toHaveLength(2);
    await keyring.close();
  });

  it('punctures one ring, or all of a site, for good, and drops what it had at hand', async () => {
    const keyring = await bed.open();
    const [one, two] = [otherRing(), otherRing()];
    for (const { siteId, ringId, root } of [one, two])
      await keyring.merge({ siteId, ringId }, wholeRing(root), { erased: [] });
    const changes: KeyringChange[] = [];
    keyring.onChange((change) => changes.push(change));
    const nodeOf = ({ siteId, ringId }: typeof one, study: bigint) => keyring.studyNode({ siteId, ringId }, study);
    expect(nodeOf(one, 1n)).toBeDefined();

    await keyring.puncture(one, [pathOf(1n)]);
    expect(nodeOf(one, 1n)).toBeUndefined();
    expect(nodeOf(two, 1n)).toBeDefined();
    expect(changes.map(({ ringId }) => ringId)).toEqual([one.ringId]);

    await keyring.puncture({ siteId: 9 }, [pathOf(1n), pathOf(2n)]);
    for (const ring of [one, two]) for (const study of [1n, 2n]) expect(nodeOf(ring, study)).toBeUndefined();
    expect(nodeOf(two, 3n)).toBeDefined();
    expect(changes).toHaveLength(3);
    const before = bed.ringFile();
    await keyring.puncture({ siteId: 9 }, [pathOf(1n)]);
    await keyring.puncture({ siteId: 8 }, [pathOf(3n)]);
    expect(bed.ringFile()).toEqual(before);
    await keyring.close();

    const again = await bed.open();
    expect(again.studyNode(one, 1n)).toBeUndefined();
    expect(again.rings().every(({ isWhole }) => !isWhole)).toBe(true);
    await again.close();
  });

  it('has a new ring due when nothing is left of that which is written to', async () => {
    const keyring = await bed.open();
    const { ringId } = await keyring.newRing(IN_2026);
    await keyring.writeTo(ringId);
    await keyring.puncture({ siteId: 7, ringId }, ['']);
    expect(keyring.writing).toBeUndefined();
    expect(keyring.isDue(IN_2026)).toBe(true);
    expect((await keyring.newRing(IN_2026)).ringId).not.toEqual(ringId);
    await keyring.close();
  });

  it('does what comes together one after the other, and loses none of it', async () => {
    const keyring = await bed.open();
    const rings = Array.from({ length: 8 }, otherRing);
    await Promise.all([
      ...rings.map(({ siteId, ringId, root }) => keyring.merge({ siteId, ringId }, wholeRing(root), { erased: [] })),
      keyring.newRing(IN_2026),
      keyring.puncture({ siteId: 9 }, [pathOf(1n)]),
    ]);
    expect(keyring.rings()).toHaveLength(9);
    await keyring.close();
    const again = await bed.open();
    expect(again.rings()).toHaveLength(9);
    expect(rings.filter((ring) => again.studyNode(ring, 1n))).toEqual([]);
    await again.close();
  });
});
