import { setImmediate as nextTurn } from 'node:timers/promises';
import { RLP } from '@ethereumjs/rlp';
import { Bloom, runTx, type VM } from '@ethereumjs/vm';
import { beginBlock, sealHeader } from './block-header.js';
import type { NewCode } from './code-record.js';
import { deriveRoot } from './derive-root.js';
import { LIMITS } from './limits.js';
import type { State } from './state.js';
import type { NewBlock } from './store.js';
import type { StoredReceipt } from './stored-receipt.js';
import type { SignedTransaction } from './transaction.js';

export interface BuiltBlock extends NewBlock {
  included: SignedTransaction[];
  /** Those that the state does not take after what came before them, with the reason. */
  dropped: { transaction: SignedTransaction; reason: string }[];
}

export interface BlockPlan {
  parentHash: Uint8Array;
  number: number;
  /** Seconds. */
  timestamp: number;
  transactions: SignedTransaction[];
}

/** Executes the transactions in order, as many as a block takes, and commits the state once. */
export async function buildBlock(machine: VM, state: State, plan: BlockPlan): Promise<BuiltBlock> {
  const { common: rules } = state;
  const position = { parentHash: plan.parentHash, number: plan.number, timestamp: plan.timestamp };
  const block = beginBlock(rules, position);
  const included: SignedTransaction[] = [];
  const dropped: BuiltBlock['dropped'] = [];
  const receipts: StoredReceipt[] = [];
  const encodedReceipts: Uint8Array[] = [];
  const codes: NewCode[] = [];
  const bloom = new Bloom(undefined, rules);
  let gasUsed = 0n;
  let byteCount = 0;

  for (const transaction of plan.transactions) {
    const { tx, raw, from } = transaction;
    if (gasUsed + tx.gasLimit > LIMITS.blockGas || byteCount + raw.length > LIMITS.blockBytes) break;
    await nextTurn(); // so that reads are answered and transactions taken meanwhile
    let result;
    try {
      result = await runTx(machine, { tx, block, blockGasUsed: gasUsed, skipHardForkValidation: true });
    } catch (error) {
      dropped.push({ transaction, reason: (error as Error).message });
      continue;
    }
    for (const code of state.takeNewCodes()) codes.push({ ...code, transactionIndex: included.length });
    const succeeded = result.execResult.exceptionError === undefined;
    const logs = result.receipt.logs;
    gasUsed += result.totalGasSpent;
    byteCount += raw.length;
    included.push(transaction);
    bloom.or(result.bloom);
    encodedReceipts.push(RLP.encode([succeeded ? 1 : 0, gasUsed, result.bloom.bitvector, logs]));
    receipts.push({
      succeeded,
      gasUsed: result.totalGasSpent,
      cumulativeGasUsed: gasUsed,
      gasPrice: tx.gasPrice,
      from: from.bytes,
      to: tx.to?.bytes ?? new Uint8Array(),
      contractAddress: (tx.to === undefined ? result.createdAddress?.bytes : undefined) ?? new Uint8Array(),
      logs: logs.map(([address, topics, data]) => ({ address, topics, data })),
    });
  }

  const change = await state.commitBlock();
  const transactions = included.map(({ raw }) => raw);
  const header = sealHeader(rules, {
    ...position,
    stateRoot: change.root,
    transactionsTrie: deriveRoot(transactions),
    receiptTrie: deriveRoot(encodedReceipts),
    logsBloom: bloom.bitvector,
    gasUsed,
  });
  return {
    number: plan.number,
    hash: Buffer.from(header.hash()),
    header: header.serialize(),
    transactions,
    transactionHashes: included.map(({ hash }) => hash),
    receipts,
    logsBloom: receipts.some(({ logs }) => logs.length > 0) ? bloom.bitvector : undefined,
    nodes: change.nodes,
    accounts: change.accounts,
    codes: codes.filter(({ hash }) => change.codeHashes.has(Buffer.from(hash).toString('hex'))),
    included,
    dropped,
  };
}
