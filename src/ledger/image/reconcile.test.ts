import { describe, expect, it } from '@jest/globals';
import type { ChainImage, ImageContract } from '../contract/image-contract.js';
import { reconcile } from './reconcile.js';
import type { Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';
import type { ImageToPlan } from './transaction-plan.js';

const [mine, others]: Hex[] = [`0x${'aa'.repeat(32)}`, `0x${'bb'.repeat(32)}`];
const contract = { address: `0x${'01'.repeat(20)}` } as ImageContract;
const plan = { announcement: { sha256: { instance: mine } } } as ImageToPlan;

/** What site 1 does about an image that site 2 announced at block 1,000, when the head is this. */
function decideAt(head: bigint, found: Partial<ChainImage>): ReturnType<typeof reconcile> {
  const rpc = { blockNumber: async () => head } as Rpc;
  const dependencies = { rpc, contracts: [contract], siteId: 1, takeoverBlocks: 3_600n };
  const announced = {
    state: 'announced',
    contract: contract.address,
    siteId: 2,
    announcedBlock: 1_000n,
    sha256: mine!,
  };
  return reconcile(dependencies, plan, { ...announced, ...found } as ChainImage);
}

describe('decide', () => {
  it('waits for a site that has announced the same content, until the next block may take it over', async () => {
    const rival = { siteId: 2, takeoverBlock: 4_600n };
    expect(await decideAt(4_598n, {})).toEqual({ kind: 'wait', rival });
    expect(await decideAt(4_599n, {})).toMatchObject({ kind: 'send' });
    expect(await decideAt(4_600n, {})).toMatchObject({ kind: 'send', there: { announced: false, withdraw: false } });
  });

  it('refuses what another site has announced otherwise, until the next block may take it over', async () => {
    await expect(decideAt(4_598n, { sha256: others! })).rejects.toMatchObject({
      code: 'conflict',
      details: { siteId: 2, takeoverBlock: 4_600n },
    });
    expect(await decideAt(4_599n, { sha256: others! })).toMatchObject({ kind: 'send' });
  });

  it('announces in the newest contract what an older one has not sealed', async () => {
    expect(await decideAt(1_001n, { contract: `0x${'02'.repeat(20)}` })).toMatchObject({ kind: 'send' });
  });
});
