import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../base/log.js';
import { deferred, wakers, type Deferred } from '../../base/deferred.js';
import type { Hex } from '../ethereum/hex.js';
import { createKeyWatch } from './key-watch.js';
import type { Outbox } from './outbox.js';
import { nonceTaken, stopping } from './stopping.js';

const RETRY_WRITING_AFTER_MS = 5_000;

/** A transaction that was queued. */
export interface Sent {
  nonce: number;
  /** Resolves when the transaction is in the outbox, fsynced; rejects with `unavailable` when something else had its nonce before. */
  saved: Promise<void>;
  /** Resolves when a block holds it, successful or not. */
  mined: Promise<void>;
}

export interface RawTransaction {
  nonce: number;
  raw: Buffer;
}

/** One account's transactions by nonce, from when they are signed until no block that holds them can be undone. */
export interface NonceQueue {
  readonly account: Hex;
  /** The account's next nonce in the newest block. */
  readonly latest: number;
  /** The nonce after all that were queued or are in blocks. */
  readonly nextNonce: number;
  /** How many are not in a block, and their bytes. */
  readonly pendingTransactions: number;
  readonly pendingBytes: number;
  /** Whether there is anything to watch. */
  readonly isWaiting: boolean;
  /** A sentence while the outbox cannot be written. */
  readonly alarm: string | undefined;
  /** Whether something else has signed with the key of the account since the start. */
  readonly isShared: boolean;
  /** Resolves when what was found in the outbox at the start is in blocks. */
  readonly recovered: Promise<void>;
  has(nonce: number): boolean;
  /** Resolves as soon as `isWaiting`, or when closed. */
  waiting(): Promise<void>;
  /** Resolves as soon as not `isWaiting`, or when closed. */
  emptied(): Promise<void>;
  /** Queues a signed transaction; `release` is called when it is in a block. */
  add(transaction: RawTransaction, release?: () => void): Sent;
  /** Called whenever there are more on disk. */
  onSaved(listener: () => void): void;
  /** Those on disk from `nonce` on, up to so many bytes but one at least; ends at the first that is not there. */
  from(nonce: number, byteCount: number): Promise<RawTransaction[]>;
  /** The nonces without a transaction for which later ones wait: a reorganisation was deeper than what counts as final. */
  missing(): number[];
  /** What a node says of the account's next nonce: at the newest block, and at the last one from before the start. */
  seen(nonces: { latest: number; before: number }): void;
  /** The account's next nonce at the newest block, and at the depth at which nothing is undone any more. */
  confirmed(nonces: { latest: number; final: number }): Promise<void>;
  close(): Promise<void>;
}

interface Entry {
  /** Undefined: read it from the outbox. */
  raw: Buffer | undefined;
  byteCount: number;
  isSaved: boolean;
  isInBlock: boolean;
  release: () => void;
  saved: Deferred;
  mined: Deferred;
}

export interface NonceQueueOptions {
  account: Hex;
  /** The account's next nonce at the newest block. */
  nonce: number;
  /** Counts bytes that come back without being asked for: from disk, or out of a block that was undone. */
  occupy?: (byteCount: number) => () => void;
  /** Called when a block took something. */
  onProgress?: () => void;
}

/** Opens a queue on its outbox; what that has is queued again. */
export async function openNonceQueue(
  { outbox, log }: { outbox: Outbox; log: Log },
  { account, nonce, occupy = () => () => undefined, onProgress }: NonceQueueOptions,
): Promise<NonceQueue> {
  const entries = new Map<number, Entry>();
  let [pendingTransactions, pendingBytes] = [0, 0];
  let unsaved: RawTransaction[] = [];
  let latest = nonce;
  let nextNonce = nonce;
  const keyWatch = createKeyWatch({ account, log });
  let alarm: string | undefined;
  let saving: Promise<void> | undefined;
  let removing: Promise<void> = Promise.resolve();
  const filling = wakers();
  const emptying = wakers();
  let listener = (): void => undefined;
  const closing = new AbortController();

  const recovered = (await recover()).last;

  async function recover(): Promise<{ last: Promise<void> }> {
    let last: Promise<void> = Promise.resolve();
    let expected = outbox.found[0];
    for (const found of outbox.found) {
      // Nothing is sent before all that goes before it is on disk: beyond a gap lies what was never sent.
      if (found !== expected) await outbox.remove(found);
      else {
        const raw = await outbox.read(found);
        const sent = track({ nonce: found, raw }, { isSaved: true, isInBlock: found < nonce });
        if (found >= nonce) last = sent.mined;
        expected = found + 1;
      }
    }
    if (pendingTransactions > 0)
      log.info({ account, transactions: pendingTransactions }, 'Sending again what was left in the outbox');
    return { last };
  }

  function track(
    { nonce: at, raw }: RawTransaction,
    { isSaved, isInBlock, release }: { isSaved: boolean; isInBlock: boolean; release?: () => void },
  ): Sent {
    const [saved, mined] = [deferred(), deferred()];
    const entry: Entry = {
      raw,
      byteCount: raw.length,
      isSaved,
      isInBlock: true,
      release: () => undefined,
      saved,
      mined,
    };
    entries.set(at, entry);
    nextNonce = Math.max(nextNonce, at + 1);
    if (isInBlock) entry.raw = undefined;
    else putBack(entry, release);
    filling.wake();
    return { nonce: at, saved: saved.promise, mined: mined.promise };
  }

  function putBack(entry: Entry, release = occupy(entry.byteCount)): void {
    entry.isInBlock = false;
    entry.release = release;
    pendingTransactions++;
    pendingBytes += entry.byteCount;
  }

  function takeOut(entry: Entry): void {
    entry.isInBlock = true;
    // Memory is for what is on its way; a reorganisation reads it from disk.
    if (entry.isSaved) entry.raw = undefined;
    // Nothing is sent before it is on disk: what a block has is not this.
    else entry.saved.reject(nonceTaken(account));
    pendingTransactions--;
    pendingBytes -= entry.byteCount;
    entry.release();
    entry.mined.resolve();
  }

  async function saveAll(): Promise<void> {
    while (unsaved.length > 0 && !closing.signal.aborted) {
      const group = unsaved;
      unsaved = [];
      try {
        await outbox.put(group);
        alarm = undefined;
      } catch (error) {
        unsaved = [...group, ...unsaved];
        alarm = 'The outbox cannot be written: free disk space and check the rights of DATA_DIR.';
        log.error({ err: error }, alarm);
        await sleep(RETRY_WRITING_AFTER_MS, undefined, { signal: closing.signal }).catch(() => undefined);
        continue;
      }
      for (const { nonce: at } of group) {
        const entry = entries.get(at);
        if (!entry) {
          await remove(at);
          continue;
        }
        entry.isSaved = true;
        entry.saved.resolve();
      }
      listener();
    }
    saving = undefined;
  }

  async function remove(at: number): Promise<void> {
    try {
      await outbox.remove(at);
    } catch (error) {
      log.warn({ err: error, nonce: at }, 'A transaction that is final could not be removed from the outbox');
    }
  }

  return {
    account,
    recovered,
    get latest() {
      return latest;
    },
    get nextNonce() {
      return nextNonce;
    },
    get pendingTransactions() {
      return pendingTransactions;
    },
    get pendingBytes() {
      return pendingBytes;
    },
    get isWaiting() {
      return entries.size > 0;
    },
    get alarm() {
      return alarm;
    },
    get isShared() {
      return keyWatch.isShared;
    },
    seen: (seen) => {
      keyWatch.began();
      nextNonce = Math.max(nextNonce, seen.before);
      if (seen.latest > nextNonce) keyWatch.foreign(seen.latest);
    },
    has: (at) => entries.has(at),
    waiting: async () => {
      if (entries.size === 0 && !closing.signal.aborted) await filling.woken();
    },
    emptied: async () => {
      if (entries.size > 0 && !closing.signal.aborted) await emptying.woken();
    },
    add: (transaction, release) => {
      const sent = track(transaction, { isSaved: false, isInBlock: false, ...(release && { release }) });
      unsaved.push(transaction);
      saving ??= saveAll();
      return sent;
    },
    onSaved: (heard) => {
      listener = heard;
    },
    from: async (nonce, byteCount) => {
      const batch: RawTransaction[] = [];
      for (let [at, bytes] = [nonce, 0]; ; at++) {
        const entry = entries.get(at);
        if (!entry?.isSaved) return batch;
        bytes += entry.byteCount;
        if (batch.length > 0 && bytes > byteCount) return batch;
        const raw = entry.raw ?? (await outbox.read(at).catch(() => undefined));
        if (raw === undefined) return batch;
        batch.push({ nonce: at, raw });
      }
    },
    missing: () => {
      const [missing, highest]: [number[], number] = [[], Math.max(-1, ...entries.keys())];
      for (let at = latest; at < highest; at++) if (!entries.has(at)) missing.push(at);
      return missing;
    },
    confirmed: async (nonces) => {
      if (closing.signal.aborted) return;
      if (nonces.latest < latest) {
        log.debug(
          { account, from: latest, to: nonces.latest },
          'Blocks were undone; their transactions are sent again',
        );
        for (const [at, entry] of entries) if (at >= nonces.latest && entry.isInBlock) putBack(entry);
      }
      const hasProgress = nonces.latest > latest;
      latest = nonces.latest;
      const isOvertaken = [...entries].some(([at, { isSaved }]) => at < latest && !isSaved);
      if (isOvertaken || latest > nextNonce) keyWatch.foreign(latest);
      // What is signed from here on has to come after what something else has signed.
      nextNonce = Math.max(nextNonce, latest);
      const done: number[] = [];
      for (const [at, entry] of entries) {
        if (at < latest && !entry.isInBlock) takeOut(entry);
        if (at < nonces.final && entry.isInBlock) done.push(at);
      }
      done.forEach((at) => entries.delete(at));
      if (hasProgress) onProgress?.();
      await (removing = Promise.all([removing, ...done.map(remove)]).then(() => undefined));
      if (entries.size === 0) emptying.wake();
    },
    close: async () => {
      closing.abort();
      filling.wake();
      emptying.wake();
      await Promise.all([saving, removing]);
      for (const { isInBlock, saved, mined } of entries.values()) {
        if (isInBlock) continue;
        saved.reject(stopping());
        mined.reject(stopping());
      }
    },
  };
}
