import type { Log } from '../../base/log.js';
import type { Heads } from '../nodes/heads.js';
import { fromHex, type Hex } from '../ethereum/hex.js';
import type { Alarm } from '../ledger.js';
import type { Nodes } from '../nodes/node.js';
import type { Outbox } from './outbox.js';
import { createCongestionWindow } from './congestion-window.js';
import { type NonceQueue, openNonceQueue, type Sent } from './nonce-queue.js';
import { stopping } from './stopping.js';
import { startBroadcast } from './broadcast.js';
import { accountOf, signTransaction, type SignedTransaction } from '../keys/sign.js';
import { openInFlightWindow, type SlotRequest } from './in-flight-window.js';

/** geth's pool counts a transaction in such slots (core/txpool/legacypool: txSlotSize). */
const POOL_SLOT_BYTES = 32 * 1024;
/** Gas of a transaction that does nothing (Yellow Paper appendix G). */
const EMPTY_GAS = 21_000;

export interface Call {
  to: Hex;
  data: Buffer;
  gas: number;
}

/** A call that was queued; its hash is computed when it is asked for. */
export interface SentCall extends Sent {
  readonly hash: Hex;
}

/** Signs this site's transactions and sends them, in the order of their nonces, to every node. */
export interface Sender {
  readonly account: Hex;
  readonly pendingTransactions: number;
  readonly pendingBytes: number;
  /** Most bytes that may be signed and not in a block, as things stand. */
  readonly windowBytes: number;
  readonly alarms: Alarm[];
  /** Resolves when what was found in the outbox at the start is in blocks. */
  readonly recovered: Promise<void>;
  /** Waits for its turn, then builds, signs and queues the call. */
  send(request: SlotRequest, build: () => Promise<Call>): Promise<SentCall>;
  /** Whether this transaction may still be sent again. */
  holds(nonce: number): boolean;
  /** `NonceQueue.seen`. */
  seen: NonceQueue['seen'];
  /** So many sites write, this one included. */
  shareAmong(sites: number): void;
  close(): Promise<void>;
}

export interface SenderOptions {
  privateKey: Buffer;
  chainId: bigint;
  gasPrice: bigint;
  /** Most bytes that may be signed and not in a block. */
  windowBytes: number;
  /** The account's next nonce at the newest block. */
  nonce: number;
  finalDepth: number;
  /** Without progress for so long, all that is pending is sent again. */
  stallMs: number;
}

export async function openSender(
  { nodes, heads, outbox, log }: { nodes: Nodes; heads: Heads; outbox: Outbox; log: Log },
  { privateKey, chainId, gasPrice, windowBytes, nonce, finalDepth, stallMs }: SenderOptions,
): Promise<Sender> {
  const account = accountOf(privateKey);
  const window = openInFlightWindow(windowBytes);
  const pace = createCongestionWindow({ mostBytes: windowBytes }, (bytes) => window.resize(bytes));
  const occupy = (byteCount: number): (() => void) => window.occupy(inPool(byteCount));
  const onProgress = (): void => pace.progressed();
  const queue = await openNonceQueue({ outbox, log }, { account, nonce, occupy, onProgress });
  let taken = 0;
  let isClosing = false;
  const delivery = startBroadcast(
    { nodes, heads, queue, log },
    {
      chainId,
      finalDepth,
      stallMs,
      onTaken: (position) => (taken = Math.max(taken, position)),
      onFull: (at) => {
        // What another node has taken is no matter of how much is sent.
        if (at >= taken) pace.refused();
      },
      onStall: fillGap,
    },
  );

  function sign(at: number, { to, data, gas }: Call): SignedTransaction {
    const transaction = { chainId, nonce: at, gasPrice, gasLimit: BigInt(gas), to: fromHex(to), data };
    return signTransaction(transaction, privateKey);
  }

  /** What nobody has any more must not hold back all that comes after it. */
  function fillGap(): void {
    const missing = queue.missing();
    if (missing.length === 0) return;
    log.warn(
      { account, from: missing[0], count: missing.length },
      'Transactions are gone; empty ones take their nonces',
    );
    for (const at of missing)
      queue.add({ nonce: at, raw: sign(at, { to: account, data: Buffer.alloc(0), gas: EMPTY_GAS }).raw });
  }

  return {
    account,
    recovered: queue.recovered,
    get pendingTransactions() {
      return queue.pendingTransactions;
    },
    get pendingBytes() {
      return queue.pendingBytes;
    },
    get windowBytes() {
      return pace.bytes;
    },
    get alarms() {
      const alarms: Alarm[] = [];
      if (queue.alarm !== undefined) alarms.push({ code: 'outbox', sentence: queue.alarm, stopsStoring: true });
      if (delivery.alarm !== undefined)
        alarms.push({ code: 'not-taken', sentence: delivery.alarm, stopsStoring: false });
      if (queue.isShared) alarms.push({ code: 'key-shared', sentence: sharedSentence(account), stopsStoring: false });
      return alarms;
    },
    holds: (at) => queue.has(at),
    seen: (nonces) => queue.seen(nonces),
    shareAmong: (sites) => pace.shareAmong(sites),
    send: async (request, build) => {
      const release = await window.enter({ ...request, byteCount: inPool(request.byteCount) });
      try {
        const call = await build();
        if (isClosing) throw stopping();
        const at = queue.nextNonce;
        const signed = sign(at, call);
        const sent = queue.add({ nonce: at, raw: signed.raw }, release);
        return {
          ...sent,
          get hash() {
            return signed.hash;
          },
        };
      } catch (error) {
        release();
        throw error;
      }
    },
    close: async () => {
      isClosing = true;
      window.close(stopping());
      await delivery.close();
    },
  };
}

const sharedSentence = (account: Hex): string =>
  `Something else signs with the key of this server's account ${account}: if no other program of yours has it, it was stolen. Have a champion name another account and remove this one ("dicom-ledger site name-writer", "site remove-account"), start the server with the key of that one, and take back what was retired ("dicom-ledger restore --by").`;

function inPool(byteCount: number): number {
  return Math.ceil(byteCount / POOL_SLOT_BYTES) * POOL_SLOT_BYTES;
}
