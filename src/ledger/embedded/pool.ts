import { LIMITS } from './limits.js';
import { refused } from './rpc-error.js';
import type { SignedTransaction } from './transaction.js';

/** What the chain's head says of a sender. */
export interface SenderState {
  nonce: bigint;
  balance: bigint;
}

interface Waiting extends SignedTransaction {
  arrival: number;
}

/** Transactions that are not in a block yet, by sender and nonce. In memory only: who sends keeps them until they are in a block. */
export interface Pool {
  get(hash: Uint8Array): SignedTransaction | undefined;
  /** Takes a transaction, or throws geth's reason not to. A nonce ahead of the sender's waits for the gap to close. */
  add(transaction: SignedTransaction, sender: SenderState): void;
  /** The nonce after the last of an unbroken row that starts at `nonce`. */
  nextNonce(sender: string, nonce: bigint): bigint;
  senders(): string[];
  /** Those that can be in the next block, in the order in which they came, each sender's by nonce. */
  executable(nonces: ReadonlyMap<string, bigint>): SignedTransaction[];
  remove(transaction: SignedTransaction): void;
  /** Forgets what can never be in a block any more: nonces below the sender's. */
  prune(nonces: ReadonlyMap<string, bigint>): void;
}

export function createPool(): Pool {
  const senders = new Map<string, Map<bigint, Waiting>>();
  const byHash = new Map<string, Waiting>();
  let byteCount = 0;
  let arrivals = 0;

  const find = (hash: Uint8Array): Waiting | undefined => byHash.get(Buffer.from(hash).toString('hex'));

  const forget = (entry: Waiting): void => {
    const sender = entry.from.toString();
    const nonces = senders.get(sender);
    nonces?.delete(entry.tx.nonce);
    if (nonces?.size === 0) senders.delete(sender);
    byHash.delete(entry.hash.toString('hex'));
    byteCount -= entry.raw.length;
  };

  return {
    get: find,
    add: (transaction, sender) => {
      const { tx, hash, from, raw } = transaction;
      if (find(hash) !== undefined) throw refused('already known');
      if (tx.nonce < sender.nonce) throw refused(`nonce too low: next nonce ${sender.nonce}, tx nonce ${tx.nonce}`);
      const cost = tx.gasLimit * tx.gasPrice + tx.value;
      if (sender.balance < cost)
        throw refused(
          `insufficient funds for gas * price + value: balance ${sender.balance}, tx cost ${cost}, overshot ${cost - sender.balance}`,
        );
      const rival = senders.get(from.toString())?.get(tx.nonce);
      // geth core/txpool: a replacement pays a tenth more
      if (rival !== undefined && tx.gasPrice * 10n < rival.tx.gasPrice * 11n)
        throw refused('replacement transaction underpriced');
      if (byteCount + raw.length > LIMITS.poolBytes) throw refused('txpool is full');

      if (rival !== undefined) forget(rival);
      const entry: Waiting = { ...transaction, arrival: arrivals++ };
      const nonces = senders.get(from.toString()) ?? new Map<bigint, Waiting>();
      senders.set(from.toString(), nonces.set(tx.nonce, entry));
      byHash.set(hash.toString('hex'), entry);
      byteCount += raw.length;
    },
    nextNonce: (sender, nonce) => {
      const nonces = senders.get(sender);
      let next = nonce;
      while (nonces?.has(next)) next++;
      return next;
    },
    senders: () => [...senders.keys()],
    executable: (nonces) =>
      [...senders]
        .flatMap(([sender, waiting]) => inOrder(waiting, nonces.get(sender) ?? 0n))
        .sort((left, right) => left.place - right.place || (left.entry.tx.nonce < right.entry.tx.nonce ? -1 : 1))
        .map(({ entry }) => entry),
    remove: ({ hash }) => {
      const entry = find(hash);
      if (entry !== undefined) forget(entry);
    },
    prune: (nonces) => {
      for (const [sender, waiting] of senders)
        for (const [nonce, entry] of waiting) if (nonce < (nonces.get(sender) ?? 0n)) forget(entry);
    },
  };
}

/** A sender's row from `nonce` on. A late arrival puts off all that is behind it, so that nonces stay in order. */
function inOrder(waiting: ReadonlyMap<bigint, Waiting>, from: bigint): { entry: Waiting; place: number }[] {
  const row = [];
  let place = 0;
  for (let nonce = from, entry = waiting.get(nonce); entry !== undefined; entry = waiting.get(++nonce)) {
    place = Math.max(place, entry.arrival);
    row.push({ entry, place });
  }
  return row;
}
