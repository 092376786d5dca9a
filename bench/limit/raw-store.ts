import { setTimeout as delay } from 'node:timers/promises';
import type { Hex } from '../../src/ledger/ethereum/hex.js';
import type { RawNode } from './raw-node.js';
import type { SignedImages } from './raw-plan.js';

const LOOK_EVERY_MS = 50;
const FULL_PAUSE_MS = 60;
/** Pools drop what they have no room for without a word. */
const STALL_MS = 4_000;
const TAKEN =
  /already (known|imported|in mempool)|known transaction|nonce too low|replacement transaction underpriced/i;

export interface StoreRawOptions extends Pick<SignedImages, 'raws' | 'slots'> {
  account: Hex;
  /** Of the first transaction. */
  nonce: number;
  windowSlots: number;
  batchBytes: number;
}

/**
 * The ceiling of storing: sends signed transactions to every node, as fast as they are taken, and returns the seconds until the last is in a block. At most `windowSlots` slots of 32 KB are on their way;
 * what a full pool refuses is sent again.
 */
export async function storeRaw(
  nodes: readonly RawNode[],
  { account, nonce, raws, slots, windowSlots, batchBytes }: StoreRawOptions,
): Promise<{ seconds: number; refused: number }> {
  const encoded = raws.map((raw, i) => nodes[0]!.encode(raw, i));
  const slotsBefore = [0];
  for (const count of slots) slotsBefore.push(slotsBefore.at(-1)! + count);
  const begun = performance.now();
  let mined = 0;
  let refused = 0;
  const positions = nodes.map(() => 0);

  async function pump(node: RawNode, i: number): Promise<void> {
    while (mined < raws.length) {
      positions[i] = Math.max(positions[i]!, mined);
      const from = positions[i];
      let to = from;
      for (let bytes = 0; to < raws.length && slotsBefore[to + 1]! - slotsBefore[mined]! <= windowSlots; to++) {
        bytes += raws[to]!.length;
        if (to > from && bytes > batchBytes) break;
      }
      if (to === from) await delay(5);
      else {
        const said = await node.send(encoded.slice(from, to));
        const failed = said.findIndex((reason) => reason !== undefined && !TAKEN.test(reason));
        if (positions[i] === from) positions[i] = failed === -1 ? to : from + failed;
        if (failed !== -1) {
          refused++;
          await delay(FULL_PAUSE_MS);
        }
      }
    }
  }

  async function watch(): Promise<void> {
    for (let movedAt = performance.now(); mined < raws.length; await delay(LOOK_EVERY_MS)) {
      const latest = Math.max(...(await Promise.all(nodes.map((node) => node.nonce(account))))) - nonce;
      if (latest !== mined) movedAt = performance.now();
      else if (performance.now() - movedAt > STALL_MS) {
        positions.fill(latest);
        movedAt = performance.now();
      }
      mined = latest;
    }
  }

  await Promise.all([watch(), ...nodes.map(pump)]);
  return { seconds: (performance.now() - begun) / 1000, refused };
}
