import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LedgerError } from '../../../src/base/errors.js';
import type { Hex } from '../../../src/ledger/ethereum/hex.js';
import type { Body, BlockStep, ChainStep, FollowOptions } from '../../../src/ledger/ledger.js';
import { blockEvents, type ImagesOnChain, type PublishedAnnouncement } from './block-events.js';
import type { Announcement, Step } from './history.js';

const GENESIS_SECONDS = 1_700_000_000n;

interface SimulatedBlock extends BlockStep {
  /** As they stand after it. */
  images: ImagesOnChain;
}

/** A chain that blocks are added to and taken from, with what a follower asks of a ledger. */
export interface SimulatedChain {
  readonly head: SimulatedBlock;
  extend(step: Step & { kind: 'blocks' }): void;
  follow(options: FollowOptions): AsyncGenerator<ChainStep>;
  readBody(body: Body): Promise<Buffer>;
  /** From now on nothing is absent or damaged that will not be so for ever. */
  mend(): void;
}

/** What there is at the address of a body. */
interface StoredBody {
  bytes: Buffer;
  announcement: Announcement;
  failures: number;
}

const sha256Of = (text: string): Hex => `0x${createHash('sha256').update(text).digest('hex')}`;

/** Chain and node of one program, which fails as the announcements say. */
export function createSimulatedChain(announcements: readonly Announcement[]): SimulatedChain {
  const bodies = new Map<Hex, StoredBody>();
  const published = announcements.map((announcement, index) => publish(bodies, announcement, index));
  const chain: SimulatedBlock[] = [];
  const wakers = new Set<() => void>();
  let serial = 0;

  function add({ seconds, ops }: (Step & { kind: 'blocks' })['blocks'][number]): void {
    const parent = chain.at(-1);
    const number = (parent?.block.number ?? -1n) + 1n;
    const images = new Map(parent?.images);
    const events = blockEvents(ops, { published, images, blockNumber: number });
    const block = { number, hash: sha256Of(`block ${serial++}`) };
    const timestamp = (parent?.timestamp ?? GENESIS_SECONDS) + BigInt(seconds);
    chain.push({ kind: 'block', block, parentHash: parent?.block.hash ?? '0x', timestamp, events, images });
  }
  add({ seconds: 0, ops: [] });

  /** Back to the last block of both branches, and on to the height that was reached. */
  function rollback(from: bigint, hashAt: (number: bigint) => Hex | undefined): ChainStep {
    let common = Number(from) - 1;
    while (chain[common]?.block.hash !== hashAt(BigInt(common))) common--;
    return { kind: 'rollback', to: chain[common]!.block, blocks: chain.slice(common + 1, Number(from) + 1) };
  }

  return {
    get head() {
      return chain.at(-1)!;
    },
    extend: ({ fork, blocks }) => {
      chain.length = Math.max(1, chain.length - fork);
      for (const block of blocks) add(block);
      for (const wake of wakers) wake();
    },
    follow: async function* (options) {
      const { signal } = options;
      let at = options.after;
      while (!signal.aborted) {
        await nextTurn();
        const isUndone = at !== undefined && chain[Number(at.number)]?.block.hash !== at.hash;
        const step = isUndone
          ? rollback(at!.number, (number) => options.hashAt(number))
          : chain[Number(at?.number ?? -1n) + 1];
        if (step === undefined) {
          await wokenOrAborted(wakers, signal);
          continue;
        }
        yield step;
        at = step.kind === 'block' ? step.block : (step.blocks.at(-1)?.block ?? step.to);
      }
    },
    readBody: async ({ sha256 }) => {
      await nextTurn();
      const body = bodies.get(sha256)!;
      if (body.announcement.trouble === 'no-chunk') throw new LedgerError('corrupt', 'That code is no chunk.');
      if (body.failures === 0) return body.bytes;
      body.failures--;
      if (body.announcement.trouble === 'damaged')
        throw new LedgerError('corrupt', 'These are not the bytes of that address.', { retryable: true });
      throw new LedgerError('unavailable', 'There is no code at that address.', { retryable: true });
    },
    mend: () => {
      for (const body of bodies.values()) body.failures = 0;
    },
  };
}

async function wokenOrAborted(wakers: Set<() => void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let wake: () => void = () => undefined;
  const woken = new Promise<void>((resolve) => (wake = resolve));
  wakers.add(wake);
  signal.addEventListener('abort', wake, { once: true });
  await woken;
  wakers.delete(wake);
  signal.removeEventListener('abort', wake);
}

/** Each announcement has bodies of its own, so that each fails by itself. */
function publish(bodies: Map<Hex, StoredBody>, announcement: Announcement, index: number): PublishedAnnouncement {
  const { contract, headerBytes, scheme } = announcement;
  const put = (what: string, bytes: Buffer, failures: number): Body => {
    const sha256 = sha256Of(`${what} of ${index}`);
    bodies.set(sha256, { bytes, announcement, failures });
    return { contract, scheme: 0, byteCount: bytes.length, sha256, root: sha256, pieceBytes: 30_720, list: [] };
  };
  const header = put('header', Buffer.from(announcement.header, 'base64'), announcement.failures);
  return {
    announcement,
    bodies: {
      header: headerBytes === undefined ? header : { ...header, byteCount: headerBytes },
      preview: put('preview', Buffer.from(announcement.preview, 'base64'), 0),
      instance: { ...put('instance', Buffer.from(String(index)), 0), scheme },
    },
  };
}
