import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createBlock } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { verifyMerkleProof } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { MerkleStateManager } from '@ethereumjs/statemanager';
import { createLegacyTx } from '@ethereumjs/tx';
import { Account, createAccountFromRLP, createAddressFromString, hexToBytes } from '@ethereumjs/util';
import { createVM, paramsVM, runBlock } from '@ethereumjs/vm';
import type { Hex } from '../ethereum/hex.js';
import type { EmbeddedChain } from './embedded-chain.js';
import * as test from '../testing/embedded-chain.js';

interface RpcBlock extends Record<string, unknown> {
  number: Hex;
  hash: Hex;
  stateRoot: Hex;
  transactions: Record<string, Hex>[];
}

describe('the blocks of the embedded chain', () => {
  let folder: string;
  let chain: EmbeddedChain;
  let rpc: test.Rpc;
  let keeper: Hex;

  beforeAll(async () => {
    folder = test.newFolder();
    chain = await test.openTestChain(folder);
    rpc = test.rpcOf(chain);
    keeper = (await test.sendAndWait(chain, { data: test.keeperCreation })).contractAddress!;
    const factory = (await test.sendAndWait(chain, { data: test.factoryCreation })).contractAddress!;
    // Slots set, changed and emptied; reverted; code deployed, deployed again and too long; a plain transfer of nothing.
    const calls: [Hex, Hex][] = [
      [keeper, test.word(1)],
      [keeper, test.word(2n ** 200n)],
      [keeper, test.word(0xdead)],
      [factory, test.creationOf(`00${'cd'.repeat(3000)}`)],
      [factory, test.creationOf(`00${'cd'.repeat(3000)}`)],
      [factory, test.creationOf('00'.repeat(24_577))],
      [keeper, test.word(0)],
      [keeper, test.word(3)],
      [`0x${'11'.repeat(20)}`, '0x'],
    ];
    const sent = calls.map(([to, data], index) => test.sign({ nonce: index + 2, to, data, gasLimit: 6_000_000n }));
    await test.receiptOf(chain, sent.at(-1)!.hash, async () => {
      for (const { raw } of sent) await rpc('eth_sendRawTransaction', raw);
    });
    for (let value = 0x10; value < 0x24; value++)
      await test.sendAndWait(chain, { to: factory, data: test.creationOf(`00${value.toString(16)}`) });
  });
  afterAll(async () => {
    await chain.close();
    test.removeFolder(folder);
  });

  it('give another EVM, with another state, the same roots, gas, blooms and hashes', async () => {
    const common = new Common({
      chain: { ...Mainnet, chainId: Number(test.chainId) },
      hardfork: Hardfork.Berlin,
    });
    const stateManager = new MerkleStateManager({ common });
    await stateManager.putAccount(createAddressFromString(test.account), new Account(0n, 2n ** 200n));
    // There is no reward on this chain, as there is none with Clique.
    const params = { ...paramsVM, 1013: { ...paramsVM[1013], minerReward: 0 } };
    const vm = await createVM({ common, stateManager, params });
    let root = await stateManager.getStateRoot();
    const genesis = await rpc<RpcBlock>('eth_getBlockByNumber', '0x0', true);
    expect(genesis.stateRoot).toBe(`0x${Buffer.from(root).toString('hex')}`);

    const head = Number(await rpc('eth_blockNumber'));
    expect(head).toBeGreaterThan(20);
    for (let number = 1; number <= head; number++) {
      const given = await rpc<RpcBlock>('eth_getBlockByNumber', `0x${number.toString(16)}`, true);
      const block = asBlock(common, given);
      expect(`0x${Buffer.from(block.hash()).toString('hex')}`).toBe(given.hash);
      await expect(block.transactionsTrieIsValid()).resolves.toBe(true);
      // Throws when gas used, bloom, receipts root or state root are not the header's.
      await runBlock(vm, { block, root, skipHeaderValidation: true, skipBlockValidation: true });
      root = await stateManager.getStateRoot();
    }
  });

  it('prove an account, its code and its storage against the state root (EIP-1186)', async () => {
    const block = await rpc<RpcBlock>('eth_getBlockByNumber', 'latest', false);
    const proof = await rpc<{
      accountProof: Hex[];
      storageHash: Hex;
      codeHash: Hex;
      storageProof: { proof: Hex[]; value: Hex }[];
    }>('eth_getProof', keeper, ['0x0', test.word(1)], block.number);

    const options = { root: hexToBytes(block.stateRoot), useKeyHashing: true };
    const rlp = await verifyMerkleProof(hexToBytes(keeper), proof.accountProof.map(hexToBytes), options);
    const account = createAccountFromRLP(rlp!);
    expect(`0x${Buffer.from(account.storageRoot).toString('hex')}`).toBe(proof.storageHash);
    expect(`0x${Buffer.from(account.codeHash).toString('hex')}`).toBe(proof.codeHash);

    const [kept, empty] = proof.storageProof;
    const storage = { root: account.storageRoot, useKeyHashing: true };
    const value = await verifyMerkleProof(hexToBytes(test.word(0)), kept!.proof.map(hexToBytes), storage);
    expect(Buffer.from(RLP.decode(value) as Uint8Array).toString('hex')).toBe('03');
    expect(kept!.value).toBe('0x3');
    expect(await verifyMerkleProof(hexToBytes(test.word(1)), empty!.proof.map(hexToBytes), storage)).toBeNull();
    expect(empty!.value).toBe('0x0');
  });
});

function asBlock(common: Common, given: RpcBlock): ReturnType<typeof createBlock> {
  const transactions = given.transactions.map(({ input, gas, to, v, r, s, nonce, gasPrice, value }) =>
    createLegacyTx(
      { data: input!, gasLimit: gas!, to: to!, v: v!, r: r!, s: s!, nonce: nonce!, gasPrice: gasPrice!, value: value! },
      { common },
    ),
  );
  const header = {
    parentHash: given.parentHash as Hex,
    coinbase: given.miner as Hex,
    stateRoot: given.stateRoot,
    transactionsTrie: given.transactionsRoot as Hex,
    receiptTrie: given.receiptsRoot as Hex,
    logsBloom: given.logsBloom as Hex,
    difficulty: given.difficulty as Hex,
    number: given.number,
    gasLimit: given.gasLimit as Hex,
    gasUsed: given.gasUsed as Hex,
    timestamp: given.timestamp as Hex,
    extraData: given.extraData as Hex,
    mixHash: given.mixHash as Hex,
    nonce: given.nonce as Hex,
  };
  return createBlock({ header, transactions }, { common, skipConsensusFormatValidation: true });
}
