import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fromHex } from '../ethereum/hex.js';
import * as test from '../testing/embedded-chain.js';
import { createCaller } from './call.js';
import { answer, createMethods } from './methods.js';
import { openNode, type ChainNode } from './node.js';

describe('createMethods', () => {
  let folder: string;
  let node: ChainNode;
  beforeEach(async () => {
    folder = test.newFolder();
    const chainId = Number(test.chainId);
    node = await openNode({ folder, periodMs: 0, chainId, genesisAccounts: [test.account], log: () => undefined });
  });
  afterEach(async () => {
    await node.close();
    test.removeFolder(folder);
  });

  it('answers nothing of a block that is on disk and not the head yet', async () => {
    const genesis = node.head;
    const { raw, hash } = test.sign({ nonce: 0, data: test.keeperCreation });
    const made = new Promise<void>((resolve) => node.onHead(() => resolve()));
    await node.submit(fromHex(raw));
    await made;
    const blockHash = `0x${Buffer.from(node.head.hash).toString('hex')}`;
    const caller = await createCaller(node);
    const asked = async (view: ChainNode): Promise<unknown[]> => {
      const methods = createMethods(view, caller);
      return [
        await answer(methods, 'eth_blockNumber', []),
        await answer(methods, 'eth_getTransactionReceipt', [hash]),
        await answer(methods, 'eth_getTransactionByHash', [hash]),
        await answer(methods, 'eth_getBlockByHash', [blockHash, false]),
      ];
    };
    expect(await asked(Object.create(node, { head: { value: genesis } }) as ChainNode)).toEqual([
      '0x0',
      null,
      null,
      null,
    ]);
    expect(await asked(node)).toEqual([
      '0x1',
      expect.objectContaining({ transactionHash: hash }),
      expect.anything(),
      expect.anything(),
    ]);
  });
});
