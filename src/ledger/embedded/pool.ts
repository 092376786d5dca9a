import { limits } from './limits.js';
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
export class Pool {
  readonly #senders = new Map<string, Map<bigint, Waiting>>();
  readonly #byHash = new Map<string, Waiting>();
  #byteCount = 0;
  #arrivals = 0;

  get size(): number {
    return this.#byHash.size;
  }

  get(hash: Uint8Array): SignedTransaction | undefined {
    return this.#byHash.get(Buffer.from(hash).toString('hex'));
  }

  /** Takes a transaction, or throws geth's reason not to. A nonce ahead of the sender's waits for the gap to close. */
  add(transaction: SignedTransaction, sender: SenderState): void {
    const { tx, hash, from, raw } = transaction;
    if (this.get(hash) !== undefined) throw refused('already known');
    if (tx.nonce < sender.nonce) throw refused(`nonce too low: next nonce ${sender.nonce}, tx nonce ${tx.nonce}`);
    const cost = tx.gasLimit * tx.gasPrice + tx.value;
    if (sender.balance < cost)
      throw refused(
        `insufficient funds for gas * price + value: balance ${sender.balance}, tx cost ${cost}, overshot ${cost - sender.balance}`,
      );
    const waiting = this.#senders.get(from.toString());
    const rival = waiting?.get(tx.nonce);
    // geth core/txpool: a replacement pays a tenth more
    if (rival !== undefined && tx.gasPrice * 10n < rival.tx.gasPrice * 11n)
      throw refused('replacement transaction underpriced');
    if (this.#byteCount + raw.length > limits.poolBytes) throw refused('txpool is full');

    if (rival !== undefined) this.#remove(rival);
    const entry: Waiting = { ...transaction, arrival: this.#arrivals++ };
    const nonces = this.#senders.get(from.toString()) ?? new Map<bigint, Waiting>();
    this.#senders.set(from.toString(), nonces.set(tx.nonce, entry));
    this.#byHash.set(hash.toString('hex'), entry);
    this.#byteCount += raw.length;
  }

  /** The nonce after the last of an unbroken row that starts at `nonce`. */
  nextNonce(sender: string, nonce: bigint): bigint {
    const nonces = this.#senders.get(sender);
    let next = nonce;
    while (nonces?.has(next)) next++;
    return next;
  }

  senders(): string[] {
    return [...this.#senders.keys()];
  }

  /** Those that can be in the next block, in the order in which they came, each sender's by nonce. */
  executable(nonces: ReadonlyMap<string, bigint>): SignedTransaction[] {
    const rows = [...this.#senders].map(([sender, waiting]) => {
      const row: Waiting[] = [];
      for (let nonce = nonces.get(sender) ?? 0n; waiting.has(nonce); nonce++) row.push(waiting.get(nonce)!);
      return row;
    });
    // A row is put off as a whole by a late arrival at its front, so that nonces stay in order.
    const placed = rows.flatMap((row) => {
      let latest = 0;
      return row.map((entry) => ({ entry, place: (latest = Math.max(latest, entry.arrival)) }));
    });
    return placed
      .sort((left, right) => left.place - right.place || (left.entry.tx.nonce < right.entry.tx.nonce ? -1 : 1))
      .map(({ entry }) => entry);
  }

  remove(transaction: SignedTransaction): void {
    const entry = this.#byHash.get(transaction.hash.toString('hex'));
    if (entry !== undefined) this.#remove(entry);
  }

  /** Forgets what can never be in a block any more: nonces below the sender's. */
  prune(nonces: ReadonlyMap<string, bigint>): void {
    for (const [sender, waiting] of this.#senders)
      for (const [nonce, entry] of waiting) if (nonce < (nonces.get(sender) ?? 0n)) this.#remove(entry);
  }

  #remove(entry: Waiting): void {
    const sender = entry.from.toString();
    const nonces = this.#senders.get(sender);
    nonces?.delete(entry.tx.nonce);
    if (nonces?.size === 0) this.#senders.delete(sender);
    this.#byHash.delete(entry.hash.toString('hex'));
    this.#byteCount -= entry.raw.length;
  }
}
