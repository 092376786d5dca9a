import { setTimeout as delay } from 'node:timers/promises';
import { faults } from './faults.mjs';
import { watch } from './half-visible.mjs';
import { planRound } from './plan.mjs';
import { store } from './store.mjs';
import { wholeEverywhere } from './whole.mjs';

/**
 * One round: stores at several sites, one fault among them, all healed, and what was acknowledged looked for everywhere.
 * `lost` and `halfVisible` list what is wrong where; `acknowledged` has SHA-256 by SOP Instance UID.
 */
export async function playRound(network, { seed }) {
  const plan = planRound({ seed, sites: network.sites.length });
  const { StudyInstanceUID, fault, stores } = plan;
  const images = stores.flatMap((request) => request.images);
  const victim = network.sites[fault.victim];
  const acknowledged = new Map();
  const refused = [];
  const halfVisible = new Map();
  const begun = Date.now();

  const watches = network.sites.map(({ name, server }) =>
    watch(server.url, {
      StudyInstanceUID,
      images,
      onHalfVisible: ({ SOPInstanceUID }, what) =>
        halfVisible.set(`${name} ${SOPInstanceUID}`, {
          site: name,
          SOPInstanceUID,
          what: `${what} after ${Date.now() - begun} ms`,
        }),
    }),
  );
  const told = {
    onStored: ({ SOPInstanceUID, sha256 }) => acknowledged.set(SOPInstanceUID, sha256),
    onRefused: (reason) => refused.push(reason),
  };
  const sending = stores.map(async ({ site, atMs, images: sent }) => {
    await delay(atMs);
    return store(network.sites[site].server.url, sent, told);
  });
  const hitting = (async () => {
    await delay(fault.atMs);
    const hitAt = Date.now();
    await faults[fault.name].hit(network, victim);
    await delay(Math.max(0, hitAt + fault.lastsMs - Date.now()));
    await faults[fault.name].heal(network, victim);
    return Date.now();
  })();
  const [left, healedAt] = await Promise.all([Promise.all(sending), hitting]);
  const unstored = left.flat();
  const { lost, ...afterwards } = await wholeEverywhere(network.sites, { StudyInstanceUID, images, acknowledged });
  await Promise.all(watches.map((one) => one.end()));
  const took = Date.now() - begun;
  return {
    plan,
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

const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;

function tally(words) {
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => (count > 1 ? `${word} ×${count}` : word)).join(', ');
}
