import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BrowserProvider, ContractFactory, getCreate2Address, keccak256, Wallet } from 'ethers';
import type { Hex } from '../ethereum/hex.js';
import type { EmbeddedChain, SubscriptionMessage } from './embedded-chain.js';
import * as test from '../testing/embedded-chain.js';

describe.each([0, 200])('openEmbeddedChain with a period of %i ms', (periodMs) => {
  let folder: string;
  let chain: EmbeddedChain;
  let rpc: test.Rpc;
  const deploy = async (data: Hex): Promise<Hex> => (await test.sendAndWait(chain, { data })).contractAddress!;

  beforeAll(async () => {
    folder = test.newFolder();
    chain = await test.openTestChain(folder, periodMs);
    rpc = test.rpcOf(chain);
  });
  afterAll(async () => {
    await chain.close();
    test.removeFolder(folder);
  });

  it('lets ethers deploy a contract, call it and find its events', async () => {
    const provider = new BrowserProvider(chain, undefined, { cacheTimeout: -1 });
    provider.pollingInterval = 20;
    const wallet = new Wallet(`0x${test.privateKey.toString('hex')}`, provider);
    const factory = new ContractFactory(['fallback()'], test.keeperCreation, wallet);
    const contract = await factory.deploy();
    await contract.waitForDeployment();
    const to = await contract.getAddress();
    const receipt = await (await wallet.sendTransaction({ to, data: test.word(42) })).wait();

    expect(receipt).toMatchObject({ status: 1, to });
    expect(await provider.call({ to })).toBe(test.word(42));
    const logs = await provider.getLogs({ address: to, topics: [test.word(42)], fromBlock: 0 });
    expect(logs).toMatchObject([{ data: test.word(42), blockNumber: receipt!.blockNumber, index: 0 }]);
    expect((await provider.getBlock(receipt!.blockNumber, true))!.prefetchedTransactions).toMatchObject([
      { hash: receipt!.hash, from: wallet.address, data: test.word(42) },
    ]);
    provider.destroy();
  });

  it('answers a revert with its data, in calls, estimates and blocks', async () => {
    const to = await deploy(test.keeperCreation);
    const call = { from: test.account, to, data: test.word(0xdead) };
    const reverted = { code: 3, message: 'execution reverted', data: test.word(0xdead) };
    await expect(rpc('eth_call', call, 'latest')).rejects.toMatchObject(reverted);
    await expect(rpc('eth_estimateGas', call)).rejects.toMatchObject(reverted);

    const receipt = await test.sendAndWait(chain, { to, data: test.word(0xdead) });
    expect(receipt).toMatchObject({ status: '0x0', logs: [] });
    expect(await rpc('eth_getStorageAt', to, '0x0', 'latest')).toBe(test.word(0));
  });

  it('estimates gas that is enough and at most 2 % too much', async () => {
    const to = await deploy(test.keeperCreation);
    const data = test.word(7);
    const estimate = BigInt(await rpc('eth_estimateGas', { from: test.account, to, data }));
    const receipt = await test.sendAndWait(chain, { to, data, gasLimit: estimate });
    expect(receipt.status).toBe('0x1');
    expect(Number(estimate)).toBeLessThan(Number(receipt.gasUsed) * 1.02);
  });

  it('deploys by CREATE2 where EIP-1014 says', async () => {
    const to = await deploy(test.factoryCreation);
    const creation = test.creationOf(`00${'ab'.repeat(24_575)}`);
    const receipt = await test.sendAndWait(chain, { to, data: creation, gasLimit: 6_000_000n });
    expect(receipt.status).toBe('0x1');
    const address = getCreate2Address(to, test.word(0), keccak256(creation)) as Hex;
    const code = `0x00${'ab'.repeat(24_575)}`;
    expect(await rpc('eth_getCode', address, 'latest')).toBe(code);
    const [bytes, none] = await chain.getCodes([address, test.account]);
    expect(`0x${Buffer.from(bytes!).toString('hex')}`).toBe(code);
    expect(none).toHaveLength(0);
  });

  it('gives the chunks that are at their addresses, and nothing for what lies there instead', async () => {
    const factory = await deploy(test.factoryCreation);
    const data = Buffer.alloc(24_575, 'ab', 'hex');
    // What PieceStore.sol deploys of data, and the same code made by other init code: its address is that of no chunk.
    const creations = [
      `0x600b5981380380925939f300${data.toString('hex')}`,
      test.creationOf(`00${'ab'.repeat(24_575)}`),
    ];
    const addresses = creations.map((one) => getCreate2Address(factory, test.word(0), keccak256(one)) as Hex);
    for (const creation of creations)
      await test.sendAndWait(chain, { to: factory, data: creation as Hex, gasLimit: 6_000_000n });
    const lower = addresses.map((address) => address.toLowerCase() as Hex);
    const chunks = await chain.getChunks(factory, [lower[1]!, lower[0]!, test.account, lower[0]!]);
    expect(chunks.map((chunk) => chunk && Buffer.from(chunk).equals(data))).toEqual([undefined, true, undefined, true]);
    expect(await chain.getChunks(test.account, lower)).toEqual([undefined, undefined]);
  });

  it('answers of earlier blocks what was so then', async () => {
    const to = await deploy(test.keeperCreation);
    const first = await test.sendAndWait(chain, { to, data: test.word(1) });
    const second = await test.sendAndWait(chain, { to, data: test.word(2) });
    expect(await rpc('eth_call', { to }, first.blockNumber)).toBe(test.word(1));
    expect(await rpc('eth_call', { to }, second.blockNumber)).toBe(test.word(2));
    expect(await rpc('eth_call', { to }, { blockHash: first.blockHash })).toBe(test.word(1));
    expect(await rpc('eth_getCode', to, 'earliest')).toBe('0x');
    expect(await rpc('eth_getTransactionCount', test.account, 'earliest')).toBe('0x0');
  });

  it('links each block to its parent, with times that do not go back', async () => {
    await deploy(test.keeperCreation);
    const head = await rpc<Record<string, Hex>>('eth_getBlockByNumber', 'latest', false);
    let block = head;
    while (block.number !== '0x0') {
      const parent = await rpc<Record<string, Hex>>('eth_getBlockByHash', block.parentHash, false);
      expect(Number(parent.number)).toBe(Number(block.number) - 1);
      expect(Number(parent.timestamp)).toBeLessThanOrEqual(Number(block.timestamp));
      block = parent;
    }
    expect(await rpc('eth_blockNumber')).toBe(head.number);
  });

  it('tells subscribers of each new head once its receipts are there, until they unsubscribe', async () => {
    const id = await rpc('eth_subscribe', 'newHeads');
    const heads: SubscriptionMessage[] = [];
    const listener = (message: SubscriptionMessage): void => void heads.push(message);
    chain.on('message', listener);
    const { blockHash, blockNumber } = await test.sendAndWait(chain, { to: test.account });
    const own = heads.filter(({ data }) => data.subscription === id);
    expect(own).toMatchObject([
      { type: 'eth_subscription', data: { result: { hash: blockHash, number: blockNumber } } },
    ]);
    expect(await rpc('eth_unsubscribe', id)).toBe(true);
    await test.sendAndWait(chain, { to: test.account });
    expect(heads.filter(({ data }) => data.subscription === id)).toHaveLength(1);
    chain.removeListener('message', listener);
    await expect(rpc('eth_unsubscribe', id)).rejects.toMatchObject({ code: -32000 });
  });

  it('finds logs by range, block, address and topic', async () => {
    const one = await deploy(test.keeperCreation);
    const two = await deploy(test.keeperCreation);
    const sent = [];
    for (const [to, value] of [
      [one, 1],
      [two, 1],
      [one, 2],
    ] as const)
      sent.push(await test.sendAndWait(chain, { to, data: test.word(value) }));
    const range = { fromBlock: sent[0]!.blockNumber, toBlock: 'latest' };
    const find = async (filter: object): Promise<[Hex, Hex][]> =>
      (await rpc<{ address: Hex; data: Hex }[]>('eth_getLogs', filter)).map(({ address, data }) => [address, data]);

    expect(await find(range)).toEqual([
      [one, test.word(1)],
      [two, test.word(1)],
      [one, test.word(2)],
    ]);
    expect(await find({ ...range, address: one, topics: [[test.word(1), test.word(3)]] })).toEqual([
      [one, test.word(1)],
    ]);
    expect(await find({ ...range, address: [one, two], topics: [null] })).toHaveLength(3);
    expect(await find({ ...range, topics: [test.word(1), test.word(1)] })).toEqual([]);
    expect(await find({ blockHash: sent[1]!.blockHash, topics: [test.word(1)] })).toContainEqual([two, test.word(1)]);
    expect(await find({ fromBlock: '0x0', toBlock: '0x0' })).toEqual([]);
    await expect(find({ blockHash: test.word(1) })).rejects.toMatchObject({ message: 'unknown block' });
  });

  it('says null of what is not there, and refuses what it does not know', async () => {
    expect(await rpc('eth_getBlockByNumber', '0xffffff', false)).toBeNull();
    expect(await rpc('eth_getBlockByHash', test.word(1), false)).toBeNull();
    expect(await rpc('eth_getTransactionByHash', test.word(1))).toBeNull();
    expect(await rpc('eth_getTransactionReceipt', test.word(1))).toBeNull();
    await expect(rpc('eth_call', {}, '0xffffff')).rejects.toMatchObject({ code: -32000, message: 'header not found' });
    await expect(rpc('eth_accounts')).rejects.toMatchObject({ code: -32601 });
    await expect(rpc('eth_getCode', '0x12', 'latest')).rejects.toMatchObject({ code: -32602 });
    await expect(rpc('eth_sendRawTransaction', 'zz')).rejects.toMatchObject({ code: -32602 });
    await expect(rpc('constructor')).rejects.toMatchObject({ code: -32601 });
  });

  it('puts nothing into a block that waits for a nonce, and then all of it in order', async () => {
    const to = await deploy(test.keeperCreation);
    const nonce = await test.nextNonce(chain);
    const later = [3, 1, 2].map((ahead) => test.sign({ nonce: nonce + ahead, to, data: test.word(ahead) }));
    for (const { raw } of later) await rpc('eth_sendRawTransaction', raw);
    expect(await rpc('eth_getTransactionCount', test.account, 'pending')).toBe(`0x${nonce.toString(16)}`);
    expect(await rpc('eth_getTransactionByHash', later[0]!.hash)).toMatchObject({ blockNumber: null });

    const first = test.sign({ nonce, to, data: test.word(9) });
    await test.receiptOf(chain, later[0]!.hash, () => rpc('eth_sendRawTransaction', first.raw));
    expect(await rpc('eth_call', { to }, 'latest')).toBe(test.word(3));
    const data = (await rpc<{ data: Hex }[]>('eth_getLogs', { fromBlock: 0, address: to })).map((log) => log.data);
    expect(data).toEqual([9, 1, 2, 3].map(test.word));
  });
});
