import { describe, expect, it } from '@jest/globals';
import { runCommand } from '../../testing/command-line.js';
import { get } from '../../testing/dicomweb-client.js';
import { networkAt, untilNothingWaits } from './admin-answers.js';
import type { HonestSite, TrustBed } from './trust-bed.js';

const LEVELS = ['patients', 'studies', 'series', 'instances'];
const ROOTS = ['/dicom-web', ...[1, 2, 3, 4, 5].map((site) => `/sites/${site}/dicom-web`)];
const LISTS = ['/ledger/instances', '/ledger/conflicts', '/ledger/quarantine?limit=1000', '/ledger/retirements'];

/** Everything that a site says, by its path, without the server's own URL. */
async function answersOf({ url }: HonestSite): Promise<Record<string, string>> {
  const paths = [...ROOTS.flatMap((root) => LEVELS.map((level) => `${root}/${level}?includefield=all`)), ...LISTS];
  const answers: Record<string, string> = {};
  for (const path of paths) {
    const answer = await get(`${url}${path}`);
    answers[path] = `${answer.status} ${(await answer.text()).replaceAll(url, '')}`;
  }
  return answers;
}

export function describeRebuild(bed: () => TrustBed): void {
  describe('After all of it, the catalogue of each site', () => {
    it.each([0, 1, 2])('equals its rebuild from block 0 (site %i)', async (index) => {
      const site = bed().sites[index]!;
      await untilNothingWaits(site.url);
      const { nodes } = await networkAt(site.url);
      expect(nodes.map(({ wrongAnswers }) => wrongAnswers)).toEqual(nodes.map(() => 0));
      const before = await answersOf(site);
      expect(before['/dicom-web/instances?includefield=all']).toMatch(/^200 \[\{/);
      await site.server.stop();
      const { code, stderr } = await runCommand(
        ['rebuild'],
        { ...site.settings, DATA_DIR: site.dataFolder },
        { timeoutMs: 300_000 },
      );
      expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
      await site.start();
      await untilNothingWaits(site.url);
      const after = await answersOf(site);
      for (const [path, text] of Object.entries(before)) expect([path, after[path]]).toEqual([path, text]);
    });
  });
}
