import { describe, expect, it } from '@jest/globals';
import { silentLog } from '../../base/log.js';
import { createSecondHolder } from './second-holder.js';
import type { Hex } from '../ethereum/hex.js';
import type { BlockRef } from '../ethereum/block-ref.js';
import { openNodes } from './open-nodes.js';

const hash: Hex = `0x${'11'.repeat(32)}`;
const fork: Hex = `0x${'22'.repeat(32)}`;
const block: BlockRef = { number: 5n, hash };

/** Nodes that have this hash at that number; null lacks the block, undefined is dead, 'hangs' does not answer. */
function heldBy(...hashes: (Hex | null | undefined | 'hangs')[]): {
  held: () => Promise<boolean>;
  calls: () => number;
} {
  let calls = 0;
  const providers = hashes.map((found, i) => ({
    name: `node-${i}`,
    provider: {
      request: async (): Promise<unknown> => {
        calls++;
        if (found === undefined) throw new Error('connect ECONNREFUSED');
        if (found === 'hangs') return new Promise(() => undefined);
        return found && { number: '0x5', hash: found, parentHash: hash, timestamp: '0x1', gasLimit: '0x1' };
      },
    },
  }));
  const nodes = openNodes({ providers, timeouts: { smallMs: 10, bulkMs: 10 }, log: silentLog });
  const isHeldTwice = createSecondHolder(nodes);
  return { held: () => isHeldTwice(block), calls: () => calls };
}

describe('createHeldTwice', () => {
  it('needs two nodes with this very block', async () => {
    expect(await heldBy(hash, hash).held()).toBe(true);
    expect(await heldBy(hash, null).held()).toBe(false);
    expect(await heldBy(hash, fork).held()).toBe(false);
    expect(await heldBy(null, fork, hash).held()).toBe(false);
    expect(await heldBy(null, hash, hash).held()).toBe(true);
  });

  it('leaves it to the depth when no second node can be asked', async () => {
    expect(await heldBy(hash).held()).toBe(true);
    expect(await heldBy(hash, undefined).held()).toBe(true);
    expect(await heldBy(hash, 'hangs').held()).toBe(true);
    expect(await heldBy(hash, undefined, null).held()).toBe(false);
  });

  it('does not wait for a node that hangs once two have it, and asks once for a block that is held', async () => {
    const { held, calls } = heldBy('hangs', hash, hash);
    expect(await held()).toBe(true);
    const before = calls();
    expect(await held()).toBe(true);
    expect(calls()).toBe(before);
  });
});
