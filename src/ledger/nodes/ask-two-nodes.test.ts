import { describe, expect, it } from '@jest/globals';
import { silentLog } from '../../base/log.js';
import { askTwoNodes } from './ask-two-nodes.js';
import { openNodes } from './open-nodes.js';

/** What nodes that have these heads say of theirs; undefined is dead, 'hangs' does not answer. */
async function asked(...heads: (string | undefined)[]): Promise<bigint> {
  const providers = heads.map((head, i) => ({
    name: `node-${i}`,
    provider: {
      request: async (): Promise<unknown> => {
        if (head === undefined) throw new Error('connect ECONNREFUSED');
        return head === 'hangs' ? new Promise(() => undefined) : head;
      },
    },
  }));
  const nodes = openNodes({ providers, timeouts: { smallMs: 50, bulkMs: 50 }, log: silentLog });
  return askTwoNodes(nodes, (rpc) => rpc.blockNumber());
}

describe('askTwoNodes', () => {
  it('gives what two nodes say alike, whatever a third one says or does', async () => {
    expect(await asked('0x5', '0x5')).toBe(5n);
    for (const third of ['0x6', undefined, 'hangs']) {
      expect(await asked('0x5', '0x5', third)).toBe(5n);
      expect(await asked(third, '0x5', '0x5')).toBe(5n);
    }
  });

  it('believes none where no two agree', async () => {
    await expect(asked('0x5', '0x6')).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await expect(asked('0x5', '0x6', '0x7')).rejects.toThrow('node-0, node-1, node-2 say different things');
  });

  it('believes the one that answers where no second can be asked', async () => {
    expect(await asked('0x5')).toBe(5n);
    expect(await asked('0x5', undefined)).toBe(5n);
    expect(await asked('hangs', '0x5')).toBe(5n);
    await expect(asked(undefined, undefined)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
