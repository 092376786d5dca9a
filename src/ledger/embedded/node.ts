import type { Common } from '@ethereumjs/common';
import { createAddressFromString, type Address } from '@ethereumjs/util';
import { buildBlock } from './build-block.js';
import { blockHeaderFields, type BlockHeaderFields } from './block-header.js';
import { chainRules } from './chain-rules.js';
import { createEvm } from './evm.js';
import { ensureGenesis } from './genesis.js';
import { createPool, type Pool, type SenderState } from './pool.js';
import { readAccount } from './chain-state.js';
import { State } from './state.js';
import type { StoredBlock } from './block-record.js';
import { openStore, type Store } from './store.js';
import { parseTransaction } from './transaction.js';

export interface NodeOptions {
  folder: string;
  /** Least time between two blocks; 0 makes one as soon as something waits. */
  periodMs: number;
  chainId: number;
  /** Lower-case hex. */
  genesisAccounts: string[];
  log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** Is told why no block can be made, and undefined once one was made again. */
  onTrouble?: (sentence: string | undefined) => void;
}

export interface HeadBlock extends StoredBlock {
  fields: BlockHeaderFields;
}

/** The chain: what is on disk, what waits, and the loop that turns one into the other. */
export interface ChainNode {
  readonly rules: Common;
  readonly store: Store;
  readonly pool: Pool;
  /** The newest block; it and its state are on disk. */
  readonly head: HeadBlock;
  /** Checks a transaction and puts it in the pool; returns its hash. */
  submit(raw: Uint8Array): Promise<Buffer>;
  /** Is told of each new head, once that is on disk. */
  onHead(listener: (head: HeadBlock) => void): void;
  /** Returns when the block that is being made is on disk. */
  close(): Promise<void>;
}

const RETRY_MS = 1000;

export async function openNode(options: NodeOptions): Promise<ChainNode> {
  const { folder, periodMs, chainId, genesisAccounts, log, onTrouble = () => undefined } = options;
  const store = await openStore(folder);
  try {
    const rules = chainRules(chainId);
    const state = new State(rules, store);
    await ensureGenesis(store, state, { format: 1, chainId, accounts: genesisAccounts });
    let head = readHead(store);
    await state.setStateRoot(head.fields.stateRoot);
    const machine = await createEvm(state);
    const pool = createPool();
    const listeners: ((head: HeadBlock) => void)[] = [];
    const closing = new AbortController();
    let wake = (): void => {};

    const senderState = async (address: Address): Promise<SenderState> => {
      for (;;) {
        const asked = head;
        const account = await readAccount({ rules, store }, asked.fields.stateRoot, address.bytes);
        if (asked === head) return { nonce: account?.nonce ?? 0n, balance: account?.balance ?? 0n };
      }
    };

    const nonces = async (): Promise<Map<string, bigint>> => {
      const known = new Map<string, bigint>();
      for (const sender of pool.senders())
        known.set(sender, (await senderState(createAddressFromString(sender))).nonce);
      return known;
    };

    /** Makes one block of what waits now; what comes meanwhile is for the next. False when nothing can be in one. */
    const makeBlock = async (): Promise<boolean> => {
      const transactions = pool.executable(await nonces());
      if (transactions.length === 0) return false;
      const now = Math.floor(Date.now() / 1000);
      const built = await buildBlock(machine, state, {
        parentHash: head.hash,
        number: head.number + 1,
        timestamp: Math.max(now, Number(head.fields.timestamp)),
        transactions,
      });
      for (const { transaction, reason } of built.dropped) {
        log('warn', `Transaction ${transaction.hash.toString('hex')} was dropped: ${reason}.`);
        pool.remove(transaction);
      }
      if (built.included.length === 0) return true;
      await store.append(built);
      head = readHead(store);
      for (const transaction of built.included) pool.remove(transaction);
      pool.prune(await nonces());
      for (const listener of listeners) listener(head);
      return true;
    };

    const mine = async (): Promise<void> => {
      let last = 0;
      let isInTrouble = false;
      while (!closing.signal.aborted) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        await pause(last + periodMs - Date.now(), closing.signal);
        const begun = Date.now();
        try {
          const isMade = await makeBlock();
          if (isInTrouble) onTrouble(undefined);
          isInTrouble = false;
          if (isMade) last = begun;
          else await woken;
        } catch (error) {
          log('error', `Block ${head.number + 1} could not be made, trying again: ${(error as Error).message}`);
          isInTrouble = true;
          onTrouble(
            `Block ${head.number + 1} of the embedded chain cannot be made: make room on the disk of DATA_DIR, or see the log.`,
          );
          await state.setStateRoot(head.fields.stateRoot);
          await pause(RETRY_MS, closing.signal);
        }
      }
    };
    const mining = mine();

    return {
      rules,
      store,
      pool,
      get head() {
        return head;
      },
      submit: async (raw) => {
        const transaction = parseTransaction(rules, raw);
        pool.add(transaction, await senderState(transaction.from));
        wake();
        return transaction.hash;
      },
      onHead: (listener) => void listeners.push(listener),
      close: async () => {
        closing.abort();
        wake();
        await mining;
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function readHead(store: Store): HeadBlock {
  const block = store.block(store.head!.number)!;
  return { ...block, fields: blockHeaderFields(block.header) };
}

/** Resolves after the time, or at once when the signal is aborted. */
async function pause(timeMs: number, signal: AbortSignal): Promise<void> {
  if (timeMs <= 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, timeMs);
    signal.addEventListener('abort', done);
  });
}
