import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import type { Outcome } from './archive/outcome.js';
import { partOf, slice } from './archive/testing/parts.js';
import { asEarlierRelease } from './catalog/testing/as-earlier-release.js';
import { query } from './catalog/testing/records.js';
import { readConfig } from './config.js';
import { catalogFile } from './open-site-catalog.js';
import { openSite, type Site } from './site.js';

let folder: string;
let lines: string[];
const open = (settings: Record<string, string> = {}): Promise<Site> => {
  lines = [];
  const log = pino(
    { level: 'warn' },
    { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) },
  );
  return openSite(readConfig({ DATA_DIR: folder, MIN_FREE_BYTES: '0', ...settings }), log);
};
const put = async (site: Site, SOPInstanceUID: string, ofStudy = {}): Promise<Outcome> =>
  (await site.archive.receive(partOf(slice({ SOPInstanceUID, ...ofStudy })))).outcome;
const spooled = (): Promise<string[]> => readdir(path.join(folder, 'spool'));
const emptied = expect.stringMatching(/^The catalogue was made by another release/) as unknown;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-site-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('openSite', () => {
  it('rebuilds the catalogue of an earlier release once, and finds everything again with what was accepted and not stored yet', async () => {
    let site = await open();
    for (const uid of ['1.2.3.10', '1.2.3.11']) await put(site, uid);
    await site.archive.retire('1.2.3.11', 'wrong side');
    const everything = async () => {
      const catalog = site.catalog.seenBy('everything');
      const uids = ['1.2.3.10', '1.2.3.11'];
      const { matches } = await catalog.search(query('instance', { include: 'all' }));
      return {
        found: matches.filter((match) => uids.includes(String(match['00080018']?.Value?.[0]))),
        instances: await Promise.all(uids.map((uid) => catalog.instance(uid))),
      };
    };
    const before = await everything();
    await site.close();

    site = await open({ EMBEDDED_PERIOD_MS: '600000', STORE_ACK: 'accepted' });
    const outcome = await put(site, '1.2.3.12', { StudyInstanceUID: '1.2.4', SeriesInstanceUID: '1.2.4.1' });
    expect(outcome).toMatchObject({ kind: 'stored' });
    const receipt = (await site.archive.issueAcceptance([outcome]))!;
    await site.close();
    expect(await spooled()).toHaveLength(1);
    asEarlierRelease(catalogFile(folder));

    site = await open({ STORE_ACK: 'accepted', EMBEDDED_PERIOD_MS: '600000' });
    await site.caughtUp();
    expect(await everything()).toEqual(before);
    expect((await site.archive.acceptance(receipt))?.instances).toMatchObject([
      // The chain's first block is made at once, with as much of it as has come by then.
      { SOPInstanceUID: '1.2.3.12', state: expect.stringMatching(/^(accepted|sealed|final)$/) as unknown },
    ]);
    expect(lines.filter((line) => line.includes('catalogue'))).toEqual([emptied]);
    await site.close();

    site = await open();
    while (
      (await site.catalog.seenBy('everything').instance('1.2.3.12'))?.state !== 'sealed' ||
      (await spooled()).length > 0
    )
      await new Promise(setImmediate);
    expect((await site.archive.acceptance(receipt))?.instances).toMatchObject([
      { SOPInstanceUID: '1.2.3.12', state: expect.stringMatching(/^(sealed|final)$/) as unknown },
    ]);
    expect(await put(site, '1.2.3.10')).toMatchObject({ kind: 'stored', alreadyThere: true });
    expect(lines).not.toContainEqual(emptied);
    await site.close();
  });
});
