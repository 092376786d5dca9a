import { readFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../../src/base/testing/until.js';
import { done } from '../../testing/command-line.js';
import type { SharingSite } from './sharing-sites.js';

const LIMIT = { timeoutMs: 180_000 };

/** The first site shares all of the ring that it writes to: both publish cards and compare them, and a letter with the ring is written to `file`. */
export async function writeRingLetter(from: SharingSite, to: SharingSite, file: string): Promise<void> {
  for (const site of [from, to]) await done(site.publishCard('--by-file'));
  await compare(from, to);
  await compare(to, from);
  const state = readFileSync(path.join(from.dataFolder, 'keys', 'writing.json'), 'utf8');
  const { ringId } = (JSON.parse(state) as { writing: { ringId: string } }).writing;
  await from.call('share', `0x${ringId}`, to.siteId, 0n, false);
  await until(
    'the letter',
    async () => (await from.run('letter', 'write', '--to', String(to.siteId), file)).code === 0,
    LIMIT,
  );
}

/** The first site compares the card of the other, once it is final. */
async function compare(site: SharingSite, other: SharingSite): Promise<void> {
  const number = String(other.siteId);
  const shown = await done(other.run('card', 'show', number));
  const fingerprint = /^fingerprint: (.+)$/m.exec(shown)![1]!.split(' ');
  await until(
    'the card to be final',
    async () => (await site.run('card', 'compare', number, ...fingerprint)).code === 0,
    LIMIT,
  );
}
