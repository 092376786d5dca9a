import { setTimeout as delay } from 'node:timers/promises';
import type { Network } from '../../src/network/network.js';
import { urlOf } from '../testing/network-under-test.js';
import { FAULTS } from './faults.js';
import { planRound } from './plan-round.js';
import type { FaultImage } from './random-image.js';
import { storePatiently } from './store-patiently.js';
import { watchHalfVisible } from './watch-half-visible.js';
import { wholeEverywhere } from './whole-everywhere.js';
import type { Wrong } from './wrong.js';

/** What a round has shown. */
export interface RoundResult {
  /** SHA-256 by SOP Instance UID. */
  acknowledged: Map<string, string>;
  /** What was acknowledged and is not whole, by site. */
  lost: Wrong[];
  /** What was called ONLINE and could not be had, by site. */
  halfVisible: Wrong[];
  /** The round in words. */
  line: string;
}

/** One round: stores at several sites, one fault among them, all healed, and what was acknowledged looked for everywhere. */
export async function playRound(network: Network, { seed }: { seed: number }): Promise<RoundResult> {
  const plan = planRound({ seed, sites: network.sites.length });
  const { StudyInstanceUID, fault, stores } = plan;
  const images = stores.flatMap((request) => request.images);
  const victim = network.sites[fault.victim]!;
  const acknowledged = new Map<string, string>();
  const refused: string[] = [];
  const halfVisible = new Map<string, Wrong>();
  const begun = Date.now();

  const watches = network.sites.map((site) =>
    watchHalfVisible(urlOf(site), {
      StudyInstanceUID,
      images,
      onHalfVisible: ({ SOPInstanceUID }, what) =>
        halfVisible.set(`${site.name} ${SOPInstanceUID}`, {
          site: site.name,
          SOPInstanceUID,
          what: `${what} after ${Date.now() - begun} ms`,
        }),
    }),
  );
  const told = {
    onStored: ({ SOPInstanceUID, sha256 }: FaultImage) => acknowledged.set(SOPInstanceUID, sha256),
    onRefused: (reason: string) => refused.push(reason),
  };
  const sending = stores.map(async ({ site, atMs, images: sent }) => {
    await delay(atMs);
    return storePatiently(urlOf(network.sites[site]!), sent, told);
  });
  const hitting = (async (): Promise<number> => {
    await delay(fault.atMs);
    const hitAt = Date.now();
    await FAULTS[fault.name].hit(network, victim);
    await delay(Math.max(0, hitAt + fault.lastsMs - Date.now()));
    await FAULTS[fault.name].heal(network, victim);
    return Date.now();
  })();
  const [left, healedAt] = await Promise.all([Promise.all(sending), hitting]);
  const unstored = left.flat();
  const { lost, ...afterwards } = await wholeEverywhere(network.sites, { StudyInstanceUID, images, acknowledged });
  await Promise.all(watches.map((one) => one.end()));
  const took = Date.now() - begun;
  return {
    acknowledged,
    lost,
    halfVisible: [...halfVisible.values(), ...afterwards.halfVisible],
    line: [
      `seed ${seed}: ${fault.name}, ${victim.name}, at ${seconds(fault.atMs)} for ${seconds(fault.lastsMs)}`,
      `${acknowledged.size} of ${images.length} stored`,
      ...(refused.length > 0 ? [`refused on the way: ${tally(refused)}`] : []),
      ...(unstored.length > 0 ? [`${unstored.length} given up`] : []),
      `${seconds(took - (healedAt - begun))} from healed to whole everywhere, ${seconds(took)} in all`,
    ].join('; '),
  };
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => (count > 1 ? `${word} ×${count}` : word)).join(', ');
}
