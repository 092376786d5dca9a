import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { wholeRing } from '../secrecy/ring.js';
import { readRingsFileHead } from '../secrecy/rings-file.js';
import { pathOf } from '../secrecy/tree.js';
import { createKeyWrapping } from './key-wrapping.js';
import { type KeysBed, keysBed, OWNER, otherRing } from './testing/keys-bed.js';

const IN_2026 = new Date('2026-12-31T23:59:59.999Z');

let bed: KeysBed;
beforeEach(() => {
  bed = keysBed();
});
afterEach(() => bed.remove());

describe('The files of a keyring', () => {
  it('are written each under another key', async () => {
    const keyring = await bed.open();
    const keys: string[] = [];
    for (const { siteId, ringId, root } of [otherRing(), otherRing(), otherRing()]) {
      await keyring.merge({ siteId, ringId }, wholeRing(root), { erased: [] });
      keys.push(readRingsFileHead('ring', bed.ringFile()).wrappedKey.toString('hex'));
    }
    expect(new Set(keys).size).toBe(3);
    await keyring.close();
  });

  it.each([
    ['chain 1, not 53696', { ...OWNER, chainId: 1n }],
    ['site 8, not 7', { ...OWNER, siteId: 8 }],
    [`consortium 0x${'cc'.repeat(20)}, not 0x${'c0'.repeat(20)}`, { ...OWNER, consortium: Buffer.alloc(20, 0xcc) }],
  ])('are refused where they are of another owner, who is named: %s', async (said, made) => {
    const keyring = await bed.open({ owner: made });
    await keyring.newRing(IN_2026);
    await keyring.close();
    const opening = bed.open();
    await expect(opening).rejects.toMatchObject({ code: 'misconfigured' });
    await expect(opening).rejects.toThrow(said);
  });

  it.each([
    ['cut off', (file: Buffer) => file.subarray(0, -1)],
    ['empty', () => Buffer.alloc(0)],
    ['changed in its last byte', (file: Buffer) => Buffer.concat([file.subarray(0, -1), Buffer.of(file.at(-1)! ^ 1)])],
    ['of a later version', (file: Buffer) => Buffer.concat([file.subarray(0, 4), Buffer.of(2), file.subarray(5)])],
  ])('are refused and left as they are where that of the rings is %s', async (_, damage) => {
    const keyring = await bed.open();
    await keyring.newRing(IN_2026);
    await keyring.close();
    const damaged = damage(bed.ringFile());
    writeFileSync(path.join(bed.keys, 'rings'), damaged);
    const opening = bed.open();
    await expect(opening).rejects.toMatchObject({ code: 'misconfigured' });
    await expect(opening).rejects.toThrow('dicom-ledger keys restore');
    expect(bed.ringFile()).toEqual(damaged);
  });

  it('are not begun anew where one is gone', async () => {
    const keyring = await bed.open();
    const { ringId } = await keyring.newRing(IN_2026);
    await keyring.writeTo(ringId);
    await keyring.close();
    rmSync(path.join(bed.keys, 'rings'));
    await expect(bed.open()).rejects.toThrow('is gone');
    expect(existsSync(path.join(bed.keys, 'rings'))).toBe(false);
  });

  it('are refused when they remember a ring that its keys do not give, and when they are no such text', async () => {
    const keyring = await bed.open();
    const { ringId, commitment } = await keyring.newRing(IN_2026);
    await keyring.writeTo(ringId);
    await keyring.close();
    const file = path.join(bed.keys, 'writing.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(commitment.toString('hex'), 'ab'.repeat(32)));
    await expect(bed.open()).rejects.toThrow('is not what its keys give');
    for (const bad of [
      '',
      '{}',
      'null',
      text.replace('"format":1', '"format":2'),
      text.replace('"year":2026', '"year":"x"'),
      text.replace('"audience":[]', '"audience":[2,2]'),
      text.replace('"audience":[]', '"audience":2'),
    ]) {
      writeFileSync(file, bad);
      await expect(bed.open()).rejects.toMatchObject({ code: 'misconfigured' });
    }
    rmSync(file);
    const again = await bed.open();
    expect(again.writing).toBeUndefined();
    expect(again.rings()).toHaveLength(1);
    await again.close();
  });

  it('are written anew when they were wrapped in another way, and an unfinished one is taken away', async () => {
    const keyring = await bed.open();
    await keyring.newRing(IN_2026);
    await keyring.close();
    const clear = bed.ringFile();
    writeFileSync(path.join(bed.keys, 'rings.new'), 'half');
    const passphraseFile = bed.write('passphrase', 'correct horse battery staple\n');
    const wrapping = createKeyWrapping({ passphraseFile, allowsClear: false });
    const again = await bed.open({ wrapping });
    expect(again.wrapping).toBe('passphrase');
    expect(again.rings()).toHaveLength(1);
    await again.close();
    expect(bed.ringFile()).not.toEqual(clear);
    expect(existsSync(path.join(bed.keys, 'rings.new'))).toBe(false);
    await expect(bed.open()).rejects.toThrow('KEY_PASSPHRASE_FILE');
  });

  it('give warnings until the rings of today have a backup, as another process has made it', async () => {
    const keyring = await bed.open();
    expect(await keyring.warnings()).toEqual([]);
    const { ringId } = await keyring.newRing(IN_2026);
    expect(await keyring.warnings()).toEqual([expect.stringContaining('no backup')]);
    const state = { madeAt: IN_2026.toISOString(), file: '/b', form: 'words', copiesKept: 2, ownRings: [ringId.toString('hex')], punctures: 0 }; // prettier-ignore
    writeFileSync(path.join(bed.keys, 'backup.json'), JSON.stringify(state));
    expect(await keyring.warnings()).toEqual([]);
    await keyring.puncture({ siteId: 7 }, [pathOf(1n)]);
    expect(await keyring.warnings()).toEqual([expect.stringContaining('erased after')]);
    await keyring.close();
  });

  it('can be copied whole to another place', async () => {
    const keyring = await bed.open();
    const { ringId } = await keyring.newRing(IN_2026);
    await keyring.writeTo(ringId);
    await keyring.close();
    const copy = path.join(bed.folder, 'copy');
    cpSync(bed.keys, copy, { recursive: true });
    const again = await bed.open({ folder: copy });
    expect(again.writing?.ringId).toEqual(ringId);
    await again.close();
  });
});
