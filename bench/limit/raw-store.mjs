// The ceiling of storing: signed transactions, to every node, as fast as they are taken.
import { setTimeout as delay } from 'node:timers/promises';

const lookEveryMs = 50;
const fullPauseMs = 60;
/** Pools drop what they have no room for without a word. */
const stallMs = 4_000;
const taken =
  /already (known|imported|in mempool)|known transaction|nonce too low|replacement transaction underpriced/i;

/**
 * Sends them all and returns the seconds until the last is in a block. At most `windowSlots` slots of 32 KB are on their way;
 * what a full pool refuses is sent again.
 */
export async function storeRaw(nodes, { account, nonce, raws, slots, windowSlots, batchBytes }) {
  const encoded = raws.map((raw, i) => nodes[0].encode(raw, i));
  const slotsBefore = [0];
  for (const count of slots) slotsBefore.push(slotsBefore.at(-1) + count);
  const begun = performance.now();
  let mined = 0;
  let refused = 0;
  const positions = nodes.map(() => 0);

  async function pump(i) {
    while (mined < raws.length) {
      positions[i] = Math.max(positions[i], mined);
      const from = positions[i];
      let to = from;
      for (let bytes = 0; to < raws.length && slotsBefore[to + 1] - slotsBefore[mined] <= windowSlots; to++) {
        bytes += raws[to].length;
        if (to > from && bytes > batchBytes) break;
      }
      if (to === from) await delay(5);
      else {
        const said = await nodes[i].send(encoded.slice(from, to));
        const failed = said.findIndex((reason) => reason !== undefined && !taken.test(reason));
        if (positions[i] === from) positions[i] = failed === -1 ? to : from + failed;
        if (failed !== -1) {
          refused++;
          await delay(fullPauseMs);
        }
      }
    }
  }

  async function watch() {
    for (let movedAt = performance.now(); mined < raws.length; await delay(lookEveryMs)) {
      const latest = Math.max(...(await Promise.all(nodes.map((node) => node.nonce(account))))) - nonce;
      if (latest !== mined) movedAt = performance.now();
      else if (performance.now() - movedAt > stallMs) {
        positions.fill(latest);
        movedAt = performance.now();
      }
      mined = latest;
    }
  }

  await Promise.all([watch(), ...nodes.map((_, i) => pump(i))]);
  return { seconds: (performance.now() - begun) / 1000, refused };
}
