import { describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import type { ChainImage, ImageContract } from '../contract/image-contract.js';
import { readImageState, type ImageStateDependencies } from './image-state.js';
import type { LedgerNode } from '../nodes/node.js';
import { fakeNode, nodesOf, type FakeNode } from '../testing/send-bed.js';

const imageId = '0x07';

/** Nodes of which those that have a block with nonce 5 have the image, too. */
function lookingAt(fakes: FakeNode[], { holds }: { holds: boolean }): ImageStateDependencies {
  const nodes = nodesOf(fakes);
  const contractsAt = ({ name, rpc }: LedgerNode): ImageContract[] => {
    const image = async (): Promise<ChainImage> => {
      const isThere = (await rpc.nonce('0x01', 'latest')) > 5;
      return { state: isThere ? 'sealed' : 'none', contract: name } as unknown as ChainImage;
    };
    return [{ image } as unknown as ImageContract];
  };
  return {
    nodes,
    contractsAt,
    sender: { account: '0x01', holds: () => holds } as unknown as ImageStateDependencies['sender'],
  };
}

describe('lookAtImage', () => {
  it('gives what the first node has', async () => {
    const dependencies = lookingAt([fakeNode('a', 6), fakeNode('b')], { holds: true });
    expect(await readImageState(dependencies, imageId, 5)).toMatchObject({
      found: { contract: 'a' },
      isBehind: false,
    });
    expect(await readImageState(dependencies, imageId, undefined)).toMatchObject({
      found: { contract: 'a' },
      isBehind: false,
    });
  });

  it('says that the first node is behind, though the second is not', async () => {
    const dependencies = lookingAt([fakeNode('a', 5), fakeNode('b', 6)], { holds: false });
    expect(await readImageState(dependencies, imageId, 5)).toEqual({ found: undefined, isBehind: true });
  });

  it('never takes the nonce of one node and the image of another', async () => {
    const dependencies = lookingAt([fakeNode('a', 6), fakeNode('b', 5)], { holds: true });
    let turn = 0;
    const [a, b] = dependencies.nodes.all as [LedgerNode, LedgerNode];
    const swinging = { ...dependencies.nodes, preferred: () => (turn++ % 2 === 0 ? [a, b] : [b, a]) };
    for (let i = 0; i < 4; i++) {
      const { found, isBehind } = await readImageState({ ...dependencies, nodes: swinging }, imageId, 5);
      expect(isBehind).toBe(found === undefined);
    }
  });

  it('says that a node is behind while the transaction may be sent again, not when it is nowhere any more', async () => {
    const fakes = [fakeNode('a', 5), fakeNode('b', 5)];
    expect(await readImageState(lookingAt(fakes, { holds: true }), imageId, 5)).toMatchObject({ isBehind: true });
    expect(await readImageState(lookingAt(fakes, { holds: false }), imageId, 5)).toMatchObject({ isBehind: false });
  });

  it('asks the next node when the first cannot be asked, and is unavailable when none can', async () => {
    const fakes = [fakeNode('a', 6), fakeNode('b', 6)];
    fakes[0]!.isDown = true;
    const dependencies = lookingAt(fakes, { holds: true });
    expect(await readImageState(dependencies, imageId, 5)).toMatchObject({ found: { contract: 'b' } });
    fakes[1]!.isDown = true;
    await expect(readImageState(dependencies, imageId, 5)).rejects.toThrow(LedgerError);
  });
});
