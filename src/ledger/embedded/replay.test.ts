import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createBlock } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { verifyMerkleProof } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { MerkleStateManager } from '@ethereumjs/statemanager';
import { createLegacyTx } from '@ethereumjs/tx';
import { Account, createAccountFromRLP, createAddressFromString, hexToBytes } from '@ethereumjs/util';
import { createVM, paramsVM, runBlock } from '@ethereumjs/vm';
import { bufferSource } from '../../base/byte-source.js';
import { imageLedgerCalls } from '../contract/image-ledger.js';
import { planBody, planPagedBody, type BodyPlan } from '../contract/chunks.js';
import { deployContract } from '../contract/deploy.js';
import { batchSteps, encodeBatch, planTransactions } from '../image/transaction-plan.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import type { EmbeddedChain } from './embedded-chain.js';
import * as test from '../testing/embedded-chain.js';

interface RpcBlock extends Record<string, unknown> {
  number: Hex;
  hash: Hex;
  stateRoot: Hex;
  transactions: Record<string, Hex>[];
}

/** What the interpreter is changed for, and each way in which code may end. */
const CODES = [
  'fe', // INVALID
  '0c', // no instruction of any release
  '5f', // PUSH0, of a later release
  '01', // ADD of an empty stack
  '5b600056', // a jump back for ever
  '600356', // a jump to what is no JUMPDEST
  '600556605b', // a jump into what a PUSH has
  '61', // a PUSH whose bytes are beyond the end
  '60', // the same, of one byte
  '6001630fffffff52', // memory that nobody can pay
  '630fffffff51',
  `7f${'ab'.repeat(32)}60075260035160005560275160015560476001530060`, // words at odd places, and memory that grows
  '6020600052600051600055', // a word that is there, twice
  '600160005260005160205160015559600255', // zeros behind it, MSIZE
  '60ff60005260206000f3', // RETURN
  '60ff60005260206000fd', // REVERT
  '600160005560006000556001600055', // refunds
  '5b60016000540160005560005460051160005700', // a loop that ends
  '6000600020600055', // KECCAK256 of nothing
  '60ff60055260256001206000555960015500', // of bytes at an odd place, and memory that grows
  '61100060002060005561100060002060015500', // of much, twice
  '630fffffff60002000', // of memory that nobody can pay
  '600460016003303c6000516000555960015500', // EXTCODECOPY within its own code
  '604060016003303c60005160005560205160015500', // beyond its end
  `60207f80${'00'.repeat(31)}6000303c60005160005500`, // from far behind it
  '60206000600060003c60005160005500', // of an account without code
  `60046001600330${`7f${'ff'.repeat(12)}${'00'.repeat(20)}`}173c60005160005500`, // of an address with more before it
  '6000600061ffff303c5960005500', // of nothing
  '630fffffff60006000303c00', // into memory that nobody can pay
  '303c', // with an empty stack
];

/** An image of one page in several transactions, one that fits one, and one whose announcement is another's. */
async function storeImages(chain: EmbeddedChain): Promise<void> {
  const contract = await deployContract(chain, {
    governorKey: test.privateKey,
    siteName: 'replay',
    siteAccounts: [test.account],
  });
  const statuses: Hex[] = [];
  for (const byteCount of [150_000, 1_000, 1_000]) {
    const instance = bufferSource(Buffer.from(Uint32Array.from({ length: byteCount / 4 }, (_, i) => i).buffer));
    const [header, preview] = [Buffer.alloc(900, 1), Buffer.alloc(7_000, 2)];
    const planned = (bytes: Buffer): Promise<BodyPlan> => planBody(fromHex(contract), bufferSource(bytes), 30_720);
    const paged = await planPagedBody(fromHex(contract), instance, 30_720);
    const digest = test.word(byteCount);
    const announcement = {
      names: { release: 1, imageKey: test.word(byteCount), patientKey: test.word(7) } as const,
      pieceBytes: 30_720,
      header: await planned(header),
      preview: await planned(preview),
      instance: paged,
      sha256: { header: digest, preview: digest, instance: digest },
    };
    const imageId = test.word(byteCount);
    const image = {
      imageId,
      calls: imageLedgerCalls,
      announcement,
      instance: paged,
      header,
      preview,
      source: instance,
    };
    const there = { announced: false, withdraw: false, checkedPages: new Set<number>(), chunks: new Set<string>() };
    const { head, bulk } = planTransactions(image, there);
    for (const batch of batchSteps([...head, ...bulk()])) {
      const data = toHex(await encodeBatch(batch));
      const { status } = await test.sendAndWait(chain, { to: contract, data, gasLimit: BigInt(batch.gas) });
      statuses.push(status);
    }
  }
  // Three for the first, one for the second, and the third is announced already.
  expect(statuses).toEqual(['0x1', '0x1', '0x1', '0x1', '0x0']);
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
    for (const code of CODES) {
      const to = (await test.sendAndWait(chain, { data: test.creationOf(code) })).contractAddress!;
      for (const gasLimit of [25_000n, 100_000n]) await test.sendAndWait(chain, { to, gasLimit });
    }
    await storeImages(chain);
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
