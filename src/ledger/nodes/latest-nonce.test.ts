import { describe, expect, it } from '@jest/globals';
import { latestNonce } from './latest-nonce.js';
import { fakeNode, nodesOf } from '../testing/send-bed.js';

describe('latestNonce', () => {
  it('is that of the node which is farthest, of those that answer', async () => {
    const [behind, ahead, down] = [fakeNode('behind', 3), fakeNode('ahead', 5), fakeNode('down', 9)];
    down.isDown = true;
    expect(await latestNonce(nodesOf([behind, ahead, down]), '0x01')).toBe(5);
  });

  it('is unavailable when no node answers', async () => {
    const down = fakeNode('down');
    down.isDown = true;
    await expect(latestNonce(nodesOf([down]), '0x01')).rejects.toMatchObject({ code: 'unavailable' });
  });
});
