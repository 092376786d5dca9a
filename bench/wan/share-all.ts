import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { SERVER_URL, type WanSite } from './wan-site.js';

/** What has to be final first is refused until then. */
const WAIT = { timeoutMs: 600_000, pauseMs: 1_000 };
const AT_SERVER = ['--url', SERVER_URL];

export interface SharingOptions {
  /** Where commands find the contract. */
  chain: readonly string[];
  /** Of a site's champion, as commands take it. */
  keyOf: (site: WanSite) => string[];
}

/**
 * Lets sites whose SHARE names all others share with each other, by the commands that their people give (docs/operations/sharing.md). Resolves
 * when each writes to the ring that the others have.
 */
export async function shareAll(sites: readonly WanSite[], { chain, keyOf }: SharingOptions): Promise<void> {
  await Promise.all(
    sites.map((site) => site.run(['card', 'publish', '--by-file', ...chain, ...keyOf(site), '--server', SERVER_URL])),
  );
  const pairs = sites.flatMap((from) => sites.filter((to) => to !== from).map((to) => ({ from, to })));
  await Promise.all(
    pairs.map(async ({ from, to }) => {
      const shown = await from.run(['card', 'show', String(from.number), ...AT_SERVER]);
      const fingerprint = /^fingerprint: (.+)$/m.exec(shown)![1]!.split(' ');
      await patiently(to, ['card', 'compare', String(from.number), ...fingerprint, ...AT_SERVER]);
    }),
  );
  await Promise.all(
    pairs.map(async ({ from, to }) => {
      const letter = path.join(from.folder, `for-${to.number}`);
      const write = async (): Promise<boolean> => {
        const ring = await ringOf(from, chain);
        if (ring === undefined) return false;
        rmSync(letter, { force: true });
        await from.run(['letter', 'write', '--to', String(to.number), '--ring', ring.slice(2), ...AT_SERVER, letter]);
        return true;
      };
      await until(`a letter from site ${from.number} to site ${to.number}`, write, WAIT);
      await patiently(to, ['letter', 'take', letter, ...AT_SERVER]);
    }),
  );
  for (const site of sites)
    await until(
      `site ${site.number} to write to the ring that it shares`,
      async () => `0x${writingRing(site)}` === (await ringOf(site, chain)),
      WAIT,
    );
}

/** The newest that it shares with all others. */
async function ringOf(site: WanSite, chain: readonly string[]): Promise<string | undefined> {
  const rings = await site.run(['site', 'rings', String(site.number), ...chain]);
  return [...rings.matchAll(/^(0x[0-9a-f]+)\tsite \d+\tall/gm)].at(-1)?.[1];
}

function writingRing({ dataFolder }: WanSite): string | undefined {
  const text = readFileSync(path.join(dataFolder, 'keys', 'writing.json'), 'utf8');
  return (JSON.parse(text) as { writing?: { ringId: string } }).writing?.ringId;
}

async function patiently(site: WanSite, command: readonly string[]): Promise<void> {
  await until(
    command.slice(0, 3).join(' '),
    async () => {
      await site.run(command);
      return true;
    },
    WAIT,
  );
}
