import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openOutbox } from './outbox.js';

describe('openOutbox', () => {
  let root: string;
  let folder: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'outbox-'));
    folder = path.join(root, 'of an account');
  });
  afterEach(() => rm(root, { recursive: true }));

  it('finds at the next start what was put and not removed', async () => {
    const outbox = await openOutbox(folder);
    const raws = [9, 10, 100].map((nonce) => ({ nonce, raw: randomBytes(1_000) }));
    await outbox.put(raws);
    await outbox.remove(9);
    const again = await openOutbox(folder);
    expect(again.found).toEqual([10, 100]);
    expect(await again.read(100)).toEqual(raws[2]!.raw);
  });

  it('forgets a transaction that was not wholly written', async () => {
    await openOutbox(folder);
    await writeFile(path.join(folder, '000000000003.raw.part'), 'half');
    expect((await openOutbox(folder)).found).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('removes what is not there without complaint', async () => {
    const outbox = await openOutbox(folder);
    await expect(outbox.remove(5)).resolves.toBeUndefined();
  });
});
