import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { wholeRing } from '../secrecy/ring.js';
import { keyOfShares, type KeyShare } from '../secrecy/shares-of-key.js';
import { pathOf } from '../secrecy/tree.js';
import { keyOfWords } from '../secrecy/words-of-key.js';
import { backUpKeys, declareCopies, readBackup, readBackupOwner, restoreKeys } from './backup.js';
import { readBackupState } from './backup-state.js';
import type { Keyring } from './keyring.js';
import { readKeyStatus } from './read-key-status.js';
import { inTheClear, type KeysBed, keysBed, OWNER } from './testing/keys-bed.js';

const NOW = new Date('2026-11-28T12:00:00.000Z');
const STUDY = { StudyInstanceUID: '1.2', IssuerOfPatientID: 'North', PatientID: 'P1' };
const foreign = { siteId: 9, ringId: Buffer.alloc(16, 9) };

let bed: KeysBed;
let keyring: Keyring;
let own: { siteId: number; ringId: Buffer };
beforeEach(async () => {
  bed = keysBed();
  keyring = await bed.open();
  const { ringId } = await keyring.newRing(NOW);
  await keyring.writeTo(ringId);
  own = { siteId: OWNER.siteId, ringId };
  await keyring.merge(foreign, wholeRing(randomBytes(32)), { erased: [] });
});
afterEach(async () => {
  await keyring.close();
  bed.remove();
});

const at = (name: string): string => path.join(bed.folder, name);
const keys = (folder = bed.keys) => ({ folder, wrapping: inTheClear() });
async function backUp(name = 'backup'): Promise<{ file: string; key: Buffer }> {
  const printed = await backUpKeys(keys(), { file: at(name), form: 'words', now: NOW });
  if (printed.form !== 'words') throw new Error('It is words that were asked for.');
  return { file: at(name), key: keyOfWords(printed.words) };
}

describe('backUpKeys', () => {
  it('writes a file that its words alone open, with all rings, on another machine', async () => {
    const { file, key } = await backUp();
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readFileSync(file).toString('latin1', 0, 4)).toBe('DLBK');
    expect(await readBackupOwner(file)).toEqual(OWNER);
    await expect(readBackup(file, randomBytes(32))).rejects.toMatchObject({ code: 'bad-request' });

    const folder = at('new/keys');
    const restored = await restoreKeys(keys(folder), await readBackup(file, key), { merges: false });
    expect(restored.restored.map(({ siteId }) => siteId)).toEqual([7, 9]);
    const again = await bed.open({ folder });
    for (const ring of [own, foreign]) expect(again.studyNode(ring, 5n)).toEqual(keyring.studyNode(ring, 5n));
    expect(again.rings()).toEqual(keyring.rings());
    // Which one was written to was on the other machine: a new one is made, and other numbers are given.
    expect(again.isDue(NOW)).toBe(true);
    const [before, after] = [await keyring.numbersOf(STUDY), await again.numbersOf(STUDY)];
    expect(after.studyKey >> 32n).not.toBe(before.studyKey >> 32n);
    await again.close();
  });

  it('has shares of which any two open it', async () => {
    const printed = await backUpKeys(keys(), { file: at('backup'), form: 'shares', now: NOW });
    const { shares } = printed as { shares: KeyShare[] };
    expect(shares).toHaveLength(3);
    for (const without of [0, 1, 2]) {
      const key = await keyOfShares(shares.filter((_, index) => index !== without));
      expect((await readBackup(at('backup'), key)).rings).toHaveLength(2);
    }
  });

  it('makes a new key each time, and never writes over a file', async () => {
    const [one, two] = [await backUp('one'), await backUp('two')];
    expect(one.key).not.toEqual(two.key);
    await expect(readBackup(one.file, two.key)).rejects.toMatchObject({ code: 'bad-request' });
    await expect(backUp('one')).rejects.toMatchObject({ code: 'conflict' });
    expect((await readBackup(one.file, one.key)).rings).toHaveLength(2);
    await expect(backUp('none/here')).rejects.toThrow('ENOENT');
  });

  it('keeps nowhere what it has printed', async () => {
    const { key } = await backUp();
    const state = readFileSync(path.join(bed.keys, 'backup.json'), 'utf8');
    expect(state).not.toContain(key.toString('hex'));
    expect(Object.keys((await readBackupState(bed.keys))!).sort()).toEqual(['copiesKept', 'file', 'form', 'madeAt', 'ownRings', 'punctures']); // prettier-ignore
  });

  it('says where there are no keys, and makes none', async () => {
    const empty = { file: at('backup'), form: 'words', now: NOW } as const;
    await expect(backUpKeys(keys(at('empty')), empty)).rejects.toMatchObject({ code: 'not-found' });
    await expect(readKeyStatus(keys(at('empty')))).rejects.toMatchObject({ code: 'not-found' });
    expect(existsSync(at('empty'))).toBe(false);
  });
});

describe('restoreKeys', () => {
  it('refuses a folder that has rings, unless they are to be merged, and then brings back nothing that was taken out', async () => {
    const { file, key } = await backUp();
    await keyring.puncture({ siteId: 7 }, [pathOf(5n)]);
    const second = await keyring.newRing(new Date('2027-01-01T00:00:00Z'));
    await keyring.close();
    const backup = await readBackup(file, key);
    await expect(restoreKeys(keys(), backup, { merges: false })).rejects.toMatchObject({ code: 'conflict' });
    const { restored, kept } = await restoreKeys(keys(), backup, { merges: true });
    expect([restored.length, kept.length]).toEqual([0, 2]);
    keyring = await bed.open();
    expect(keyring.studyNode(own, 5n)).toBeUndefined();
    expect(keyring.studyNode(own, 6n)).toBeDefined();
    expect(keyring.rings().map(({ ringId }) => ringId.toString('hex'))).toContain(second.ringId.toString('hex'));
    expect(keyring.writing?.ringId).toEqual(own.ringId);
  });

  it('adds the rings of a second server of the site', async () => {
    const folder = at('second/keys');
    const second = await bed.open({ folder });
    const made = await second.newRing(NOW);
    await second.close();
    const { file, key } = await backUp();
    const { restored } = await restoreKeys(keys(folder), await readBackup(file, key), { merges: true });
    expect(restored).toHaveLength(2);
    const again = await bed.open({ folder });
    expect(again.studyNode(own, 1n)).toEqual(keyring.studyNode(own, 1n));
    expect(again.studyNode({ siteId: 7, ringId: made.ringId }, 1n)).toBeDefined();
    await again.close();
  });

  it('refuses the backup of another site', async () => {
    const folder = at('other/keys');
    const other = await bed.open({ folder, owner: { ...OWNER, siteId: 8 } });
    await other.newRing(NOW);
    await other.close();
    const { file, key } = await backUp();
    const restoring = restoreKeys(keys(folder), await readBackup(file, key), { merges: true });
    await expect(restoring).rejects.toThrow('site 7, not 8');
  });

  it('brings back a ring file that is gone, with the ring that is written to', async () => {
    const { file, key } = await backUp();
    await keyring.close();
    writeFileSync(path.join(bed.keys, 'rings'), 'damaged');
    const backup = await readBackup(file, key);
    await expect(restoreKeys(keys(), backup, { merges: true })).rejects.toMatchObject({ code: 'misconfigured' });
    rmSync(path.join(bed.keys, 'rings'));
    await restoreKeys(keys(), backup, { merges: false });
    keyring = await bed.open();
    expect(keyring.writing?.ringId).toEqual(own.ringId);
  });

  it.each([
    ['a ring file', () => readFileSync(path.join(bed.keys, 'rings'))],
    ['an empty file', () => Buffer.alloc(0)],
  ])('takes %s for no backup', async (_, bytes) => {
    writeFileSync(at('other'), bytes());
    await expect(readBackupOwner(at('other'))).rejects.toMatchObject({ code: 'bad-request' });
    await expect(readBackup(at('other'), randomBytes(32))).rejects.toMatchObject({ code: 'bad-request' });
    await expect(readBackupOwner(at('none'))).rejects.toThrow('ENOENT');
  });
});

describe('warnings', () => {
  it('end when two copies of the words are declared, and come back for a new ring and for what was erased', async () => {
    const warned = async (): Promise<string> => (await keyring.warnings()).join();
    await expect(declareCopies(bed.keys, 2)).rejects.toMatchObject({ code: 'conflict' });
    expect(await warned()).toContain('no backup');
    await backUp('one');
    expect(await warned()).toContain('0 copies of the words');
    await declareCopies(bed.keys, 1);
    expect(await warned()).toContain('1 copies of the words');
    await declareCopies(bed.keys, 2);
    expect(await warned()).toBe('');
    expect((await readKeyStatus(keys())).warnings).toEqual([]);

    // A ring of another site can be given again.
    await keyring.merge({ siteId: 3, ringId: randomBytes(16) }, wholeRing(randomBytes(32)), { erased: [] });
    expect(await warned()).toBe('');
    await keyring.newRing(new Date('2027-02-01T00:00:00Z'));
    expect(await warned()).toContain('1 of the rings of this site is newer');
    await backUp('two');
    expect(await warned()).toContain('0 copies of the words');
    await declareCopies(bed.keys, 3);
    expect(await warned()).toBe('');
    await keyring.puncture({ siteId: 9 }, [pathOf(1n)]);
    expect(await warned()).toContain('destroy every copy of the old words');
  });

  it('take three shares for as safe as two copies, and two shares not', async () => {
    await backUpKeys(keys(), { file: at('backup'), form: 'shares', now: NOW });
    await declareCopies(bed.keys, 2);
    expect(await keyring.warnings()).toEqual([expect.stringContaining('--copies-kept 3')]);
    await declareCopies(bed.keys, 3);
    expect(await keyring.warnings()).toEqual([]);
  });

  it('say so when it cannot be read whether there is a backup', async () => {
    for (const bad of ['', 'null', '{}', '{"form":"other"}']) {
      writeFileSync(path.join(bed.keys, 'backup.json'), bad);
      expect(await keyring.warnings()).toEqual([expect.stringContaining('cannot be read')]);
    }
  });
});
