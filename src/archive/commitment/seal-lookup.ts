import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import type { ProjectionState } from '../../catalog/catalog.js';
import type { Ledger, Seal } from '../../ledger/ledger.js';

/** What nodes say of the seals of some blocks, by image ID; less while none answers. */
export type SealLookup = (blocks: Iterable<bigint>) => Promise<ReadonlyMap<string, Seal>>;

const REMEMBERED_BLOCKS = 1_000;
const AT_ONCE = 8;

/** Looks up where images were sealed. Of a node that is on another branch than the catalogue nothing is believed. */
export function createSealLookup({
  ledger,
  projection,
}: {
  ledger: Pick<Ledger, 'seals' | 'depths'>;
  projection: Pick<ProjectionState, 'cursor' | 'hashAt'>;
}): SealLookup {
  /** Of blocks that stay. */
  const known = new LRUCache<bigint, ReadonlyMap<string, Seal>>({ max: REMEMBERED_BLOCKS });
  const limit = pLimit(AT_ONCE);

  const sealsOf = async (block: bigint): Promise<ReadonlyMap<string, Seal> | undefined> => {
    const remembered = known.get(block);
    if (remembered !== undefined) return remembered;
    const found = await ledger.seals(block).catch(() => undefined);
    if (found === undefined) return undefined;
    const hash = projection.hashAt(block);
    const believed = new Map([...found].filter(([, seal]) => hash === undefined || hash === seal.blockHash));
    const depth = (projection.cursor()?.number ?? 0n) - block + 1n;
    if (depth >= BigInt(ledger.depths.kept) && believed.size > 0) known.set(block, believed);
    return believed;
  };

  return async (blocks) => {
    let isAnswering = true;
    const found = await Promise.all(
      [...new Set(blocks)].map((block) =>
        limit(async () => {
          // Whoever waits for one that does not answer does not wait for each block.
          const seals = isAnswering ? await sealsOf(block) : undefined;
          isAnswering &&= seals !== undefined;
          return seals ?? new Map<string, Seal>();
        }),
      ),
    );
    return new Map(found.flatMap((seals) => [...seals]));
  };
}
