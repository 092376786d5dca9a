import type { Hex } from '../../src/ledger/ethereum/hex.js';
import type { RawNode } from './raw-node.js';

const BATCHES = [32, 64, 128];
const IN_FLIGHTS = [1, 2, 4];

/** How addresses are read: so many a request, so many requests at a time. */
export interface Reading {
  batch: number;
  inFlight: number;
}

export type TriedReading = Reading & { MBPerSecond: number };

/** The ceiling of loading: MB/s of reading the code of every address once, decoded to bytes and not checked. */
export async function loadRaw(node: RawNode, addresses: readonly Hex[], { batch, inFlight }: Reading): Promise<number> {
  let at = 0;
  let byteCount = 0;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (at < addresses.length) {
        const some = addresses.slice(at, (at += batch));
        for (const code of await node.codes(some)) {
          if (code.length === 0) throw new Error('A chunk is not at its address.');
          byteCount += code.length - 1;
        }
      }
    }),
  );
  return byteCount / 1e3 / (performance.now() - begun);
}

/** All combinations, and the best first. */
export async function tuneLoading(node: RawNode, addresses: readonly Hex[]): Promise<TriedReading[]> {
  const tried: TriedReading[] = [];
  // The first reading is of what the node has not in memory.
  await loadRaw(node, addresses, { batch: 64, inFlight: 2 });
  for (const batch of BATCHES)
    for (const inFlight of IN_FLIGHTS)
      tried.push({ batch, inFlight, MBPerSecond: await loadRaw(node, addresses, { batch, inFlight }) });
  return tried.sort((a, b) => b.MBPerSecond - a.MBPerSecond);
}
