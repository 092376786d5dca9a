import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../errors.js';
import type { Log } from '../log.js';
import { fromHex } from './hex.js';
import type { Hex } from './ledger.js';
import type { Outbox } from './outbox.js';
import { rpcFailure } from './provider.js';
import type { Rpc } from './rpc.js';
import { accountOf, signTransaction } from './sign.js';
import { openWindow, type SlotRequest } from './window.js';

/** So many bytes of transactions are asked of the node at once; as hex in JSON they are twice as many. */
const broadcastBytes = 1_900_000;
const retryAfterMs = { first: 60, most: 5_000 };

export interface Sent {
  /** Resolves when the transaction is in the outbox, fsynced. */
  saved: Promise<void>;
  /** Resolves when a block holds it, successful or not. */
  mined: Promise<void>;
}

export interface Call {
  to: Hex;
  data: Buffer;
  gas: number;
}

/** Signs and sends this site's transactions, in the order of their nonces. */
export interface Sender {
  readonly account: Hex;
  readonly pendingTransactions: number;
  readonly pendingBytes: number;
  /** A sentence while something needs a person. */
  readonly alarm: string | undefined;
  /** Whether `confirm.ts` has anything to watch. */
  readonly isWaiting: boolean;
  /** Waits for its turn, then builds, signs and queues the call. */
  send(request: SlotRequest, build: () => Promise<Call>): Promise<Sent>;
  /** Resolves when what was found in the outbox at the start is in blocks. */
  recovered: Promise<void>;
  /** Resolves as soon as `isWaiting`, or at the end. */
  waiting(): Promise<void>;
  /** The account's next nonce at the newest block, and at the depth at which nothing is undone any more. */
  confirmed(nonces: { latest: number; final: number }): Promise<void>;
  /** Sends everything that is not in a block again. */
  resend(): void;
  close(): Promise<void>;
}

interface Pending {
  raw: Buffer;
  isSaved: boolean;
  onSaved(): void;
  onMined(): void;
  fail(error: Error): void;
}

interface SenderOptions {
  privateKey: Buffer;
  chainId: bigint;
  gasPrice: bigint;
  windowBytes: number;
  /** The account's next nonce at the newest block. */
  nonce: number;
}

export async function openSender(
  { rpc, outbox, log }: { rpc: Rpc; outbox: Outbox; log: Log },
  { privateKey, chainId, gasPrice, windowBytes, nonce }: SenderOptions,
): Promise<Sender> {
  const account = accountOf(privateKey);
  const window = openWindow(windowBytes);
  const pending = new Map<number, Pending>();
  /** In a block, but not for good. */
  const shallow = new Set<number>();
  let unsaved: { nonce: number; transaction: Pending }[] = [];
  let latest = nonce;
  let nextNonce = nonce;
  let toSend = nonce;
  let alarm: string | undefined;
  let retryMs = retryAfterMs.first;
  const closing = new AbortController();
  let saving: Promise<void> | undefined;
  let sending: Promise<void> | undefined;
  let wakers: (() => void)[] = [];

  const { last: recovered } = await recover();

  async function recover(): Promise<{ last: Promise<void> }> {
    let last: Promise<void> = Promise.resolve();
    for (const found of outbox.found) {
      if (found < nonce) shallow.add(found);
      else if (found === nextNonce) last = track(nextNonce++, await outbox.read(found), true).mined;
      // Nothing is sent before all that goes before it is on disk: beyond a gap lies what was never sent.
      else await outbox.remove(found);
    }
    if (nextNonce > nonce) log.info({ transactions: nextNonce - nonce }, 'Sending again what was left in the outbox');
    send();
    return { last };
  }

  function track(at: number, raw: Buffer, isSaved: boolean, release = window.occupy(raw.length)): Sent {
    const saved = deferred();
    const mined = deferred();
    pending.set(at, {
      raw,
      isSaved,
      onSaved: () => saved.resolve(),
      onMined: () => {
        release();
        mined.resolve();
      },
      fail: (error) => {
        saved.reject(error);
        mined.reject(error);
      },
    });
    wakers.forEach((wake) => wake());
    wakers = [];
    return { saved: saved.promise, mined: mined.promise };
  }

  async function saveAll(): Promise<void> {
    while (unsaved.length > 0 && !closing.signal.aborted) {
      const group = unsaved;
      unsaved = [];
      try {
        await outbox.put(group.map(({ nonce: at, transaction: { raw } }) => ({ nonce: at, raw })));
      } catch (error) {
        unsaved = [...group, ...unsaved];
        alarm = 'The outbox cannot be written: free disk space and check the rights of DATA_DIR.';
        log.error({ err: error }, alarm);
        await pause(retryAfterMs.most);
        continue;
      }
      for (const { transaction } of group) {
        transaction.isSaved = true;
        transaction.onSaved();
      }
      send();
    }
    saving = undefined;
  }

  function send(): void {
    sending ??= sendAll().finally(() => (sending = undefined));
  }

  async function sendAll(): Promise<void> {
    while (!closing.signal.aborted) {
      const from = toSend;
      const batch = nextBatch();
      if (batch.length === 0) return;
      const answers = await Promise.allSettled(batch.map(([, { raw }]) => rpc.send(raw)));
      const failed = answers.findIndex((answer) => answer.status === 'rejected' && !isOnItsWay(answer.reason));
      // Meanwhile it may have been set back, to send again.
      if (toSend === from) toSend = failed === -1 ? batch.at(-1)![0] + 1 : batch[failed]![0];
      if (failed === -1) {
        retryMs = retryAfterMs.first;
        alarm = undefined;
        continue;
      }
      report((answers[failed] as PromiseRejectedResult).reason, batch[failed]![0]);
      await pause(retryMs);
      retryMs = Math.min(retryMs * 2, retryAfterMs.most);
    }
  }

  function nextBatch(): [number, Pending][] {
    const batch: [number, Pending][] = [];
    let byteCount = 0;
    for (let at = Math.max(toSend, latest); pending.get(at)?.isSaved; at++) {
      const transaction = pending.get(at)!;
      byteCount += transaction.raw.length;
      if (batch.length > 0 && byteCount > broadcastBytes) break;
      batch.push([at, transaction]);
    }
    return batch;
  }

  function report(reason: unknown, at: number): void {
    const said = rpcFailure(reason)?.message ?? (reason as Error).message;
    // A full pool is how a chain slows its writers down.
    if (/underpriced|pool is full|txpool/i.test(said)) return;
    alarm = `The chain does not take transaction ${at} of account ${account}: ${said}. It is sent again until it does.`;
    log.warn({ nonce: at, reason: said }, 'A transaction was not taken; it is sent again');
  }

  function pause(durationMs: number): Promise<void> {
    return sleep(durationMs, undefined, { signal: closing.signal }).catch(() => undefined);
  }

  async function rewind(to: number): Promise<void> {
    log.info({ from: latest, to }, 'A reorganisation has taken transactions out; they are sent again');
    for (let at = to; at < latest; at++) {
      if (!shallow.delete(at)) continue;
      track(at, await outbox.read(at), true);
    }
    toSend = Math.min(toSend, to);
    latest = to;
    send();
  }

  return {
    account,
    recovered,
    get pendingTransactions() {
      return pending.size;
    },
    get pendingBytes() {
      return window.bytesInFlight;
    },
    get alarm() {
      return alarm;
    },
    get isWaiting() {
      return pending.size > 0 || shallow.size > 0;
    },
    waiting: () => new Promise((resolve) => (pending.size + shallow.size > 0 ? resolve() : wakers.push(resolve))),
    send: async (request, build) => {
      const release = await window.enter(request);
      try {
        const { to, data, gas } = await build();
        if (closing.signal.aborted) throw stopping();
        const transaction = { chainId, nonce: nextNonce, gasPrice, gasLimit: BigInt(gas), to: fromHex(to), data };
        const { raw } = signTransaction(transaction, privateKey);
        const at = nextNonce++;
        const sent = track(at, raw, false, release);
        unsaved.push({ nonce: at, transaction: pending.get(at)! });
        saving ??= saveAll();
        return sent;
      } catch (error) {
        release();
        throw error;
      }
    },
    confirmed: async (nonces) => {
      if (nonces.latest < latest) await rewind(nonces.latest);
      latest = nonces.latest;
      // Someone else has used this key: what is signed from here on has to come after it.
      nextNonce = Math.max(nextNonce, latest);
      for (const [at, transaction] of pending) {
        if (at >= latest) continue;
        pending.delete(at);
        shallow.add(at);
        transaction.onMined();
      }
      const done = [...shallow].filter((at) => at < nonces.final);
      done.forEach((at) => shallow.delete(at));
      await Promise.all(done.map((at) => outbox.remove(at)));
    },
    resend: () => {
      toSend = latest;
      send();
    },
    close: async () => {
      closing.abort();
      wakers.forEach((wake) => wake());
      window.close(stopping());
      await Promise.allSettled([saving, sending]);
      pending.forEach((transaction) => transaction.fail(stopping()));
    },
  };
}

/** The node has it, or a block has: whether it did what it should is seen from the contract's state. */
function isOnItsWay(reason: unknown): boolean {
  const said = rpcFailure(reason)?.message ?? '';
  return /already known|known transaction|already imported|nonce too low|replacement transaction underpriced/i.test(
    said,
  );
}

function deferred(): { promise: Promise<void>; resolve(): void; reject(error: Error): void } {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

function stopping(): LedgerError {
  return new LedgerError('unavailable', 'The server is stopping; what is in the outbox goes on at the next start.', {
    retryable: true,
  });
}
