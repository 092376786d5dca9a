import { afterAll, describe, expect, it } from '@jest/globals';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openTestCatalog } from '../testing/open-test-catalog.js';
import { announced, block, contentOf, retired, sealed, uidOf } from '../testing/records.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-reconcile-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('uidsToReconcile', () => {
  it('lets a catalogue that is older than the annotations stand as they say', async () => {
    const [file, older] = ['catalog.db', 'older.db'].map((name) => path.join(folder, name)) as [string, string];
    const annotationsFile = path.join(folder, 'annotations');
    const site = { retirementsPerHour: 0 };
    const names = ['fault', 'released', 'accepted', 'as it was'];
    const catalog = openTestCatalog({ file, annotationsFile, site });
    await catalog.apply(
      block(1),
      names.flatMap((name, index) => [
        announced({ name, image: { siteId: 2 } }, 2 * index),
        sealed(name, 2 * index + 1),
      ]),
    );
    await catalog.apply(block(2), [retired('accepted')]);
    await catalog.judge(contentOf('released', 2), { reason: 'bytes', detail: 'why' });
    await catalog.close();
    cpSync(file, older);

    const newer = openTestCatalog({ file, annotationsFile, site });
    await newer.judge(contentOf('fault', 2), { reason: 'bytes', detail: 'why' });
    await newer.decide(contentOf('released', 2), { kind: 'released', by: 'admin' });
    const [hour] = await newer.massRetirements();
    await newer.decideRetirements(hour as NonNullable<typeof hour>, { kind: 'accepted', by: 'admin' });
    await newer.close();

    for (const each of [file, older]) {
      const opened = openTestCatalog({ file: each, annotationsFile, site });
      const found = names.map((name) => opened.seenBy('everything').instance(uidOf(name)));
      const states = (await Promise.all(found)).map((instance) => instance?.state);
      expect(states).toEqual([undefined, 'sealed', 'retired', 'sealed']);
      await opened.close();
    }
  });
});
