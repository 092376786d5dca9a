import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LedgerError } from '../../../src/base/errors.js';
import type { Hex } from '../../../src/ledger/ethereum/hex.js';
import type { Body, BlockStep, ChainStep, FollowOptions, LedgerEvent } from '../../../src/ledger/ledger.js';
import { type Announcement, type Op, OWN_SITE, type Step } from './history.js';

const GENESIS_SECONDS = 1_700_000_000;

/** How an image stands on a branch. */
export interface ImageOnChain {
  state: 'announced' | 'sealed' | 'retired';
  announcement: Announcement;
  /** Number of the block of its announcement. */
  block: bigint;
}

interface SimulatedBlock extends BlockStep {
  images: ReadonlyMap<string, ImageOnChain>;
}

/** A chain that blocks are added to and taken from, with what a follower asks of a ledger. */
export interface SimulatedChain {
  /** The account of the site that follows. */
  readonly account: Hex;
  readonly head: SimulatedBlock;
  extend(step: Step & { kind: 'blocks' }): void;
  follow(options: FollowOptions): AsyncGenerator<ChainStep>;
  readBody(body: Body): Promise<Buffer>;
  /** Nothing is absent or damaged any more. */
  mend(): void;
}

const sha256Of = (bytes: Buffer | string): Hex => `0x${createHash('sha256').update(bytes).digest('hex')}`;
const accountOf = (siteId: number): Hex => `0x${String(siteId).repeat(40)}`;
const GOVERNOR: Hex = `0x${'ee'.repeat(20)}`;

/** Chain and node of one program, which lags and fails as `announcements` say. */
export function createSimulatedChain(announcements: readonly Announcement[]): SimulatedChain {
  let serial = 0;
  const chain: SimulatedBlock[] = [];
  let wake: () => void = () => undefined;
  /** Header and preview of an announcement, by the SHA-256 that is announced. */
  const bytes = new Map<Hex, Buffer>();
  const failures = new Map<Hex, number>();

  const bodiesOf = (announcement: Announcement): Record<'header' | 'preview' | 'instance', Body> => {
    const index = announcements.indexOf(announcement);
    const bodyOf = (what: string, content: Buffer, more: Partial<Body> = {}): Body => {
      // Of one announcement alone, so that each fails by itself.
      const sha256 = sha256Of(`${index} ${what}`);
      bytes.set(sha256, content);
      const { contract } = announcement;
      return {
        contract,
        scheme: 0,
        byteCount: content.length,
        sha256,
        root: sha256,
        pieceBytes: 100,
        list: [],
        ...more,
      };
    };
    const { headerBytes, scheme } = announcement;
    const header = bodyOf(
      'header',
      Buffer.from(announcement.header, 'base64'),
      headerBytes === undefined ? {} : { byteCount: headerBytes },
    );
    if (!failures.has(header.sha256)) failures.set(header.sha256, announcement.failures);
    return {
      header,
      preview: bodyOf('preview', Buffer.from(announcement.preview, 'base64')),
      instance: bodyOf('instance', Buffer.from(String(index)), { scheme }),
    };
  };

  /** The events of an op at a place of the chain: none where the contract would revert it. */
  function eventsOf(
    { kind, of, isGovernor }: Op,
    images: Map<string, ImageOnChain>,
    block: bigint,
  ): Omit<EventsOf, 'position'>[] {
    const announcement = announcements[of]!;
    const { contract, imageKey, siteId, patientKey } = announcement;
    const id = `${contract} ${imageKey}`;
    const now = images.get(id);
    const isOwn = now?.announcement.siteId === siteId;
    const base = { contract, imageKey };
    const by = isGovernor ? GOVERNOR : accountOf(siteId);
    if (kind === 'announce') {
      if (now !== undefined && (now.state !== 'announced' || isOwn)) return [];
      images.set(id, { state: 'announced', announcement, block });
      const taken =
        now === undefined ? [] : [{ ...base, siteId: now.announcement.siteId, kind: 'withdrawn', by } as const];
      return [...taken, { ...base, siteId, kind: 'announced', patientKey, ...bodiesOf(announcement) }];
    }
    if (kind === 'retire') {
      if (now?.state !== 'sealed' || (!isOwn && !isGovernor)) return [];
      images.set(id, { ...now, state: 'retired' });
      return [{ ...base, siteId: now.announcement.siteId, kind: 'retired', by, reason: 'fuzz' }];
    }
    if (now?.state !== 'announced' || !isOwn) return [];
    if (kind === 'withdraw') images.delete(id);
    else images.set(id, { ...now, state: 'sealed' });
    return [
      kind === 'withdraw'
        ? { ...base, siteId, kind: 'withdrawn', by }
        : { ...base, siteId, kind: 'sealed', pages: [accountOf(9)] },
    ];
  }

  function add(seconds: number, ops: readonly Op[]): void {
    const parent = chain.at(-1);
    const number = (parent?.block.number ?? -1n) + 1n;
    const images = new Map(parent?.images);
    const events = ops
      .flatMap((op) => eventsOf(op, images, number))
      .map((event, logIndex) => ({ ...event, position: { blockNumber: number, logIndex } }) as LedgerEvent);
    chain.push({
      kind: 'block',
      block: { number, hash: sha256Of(`block ${serial++}`) },
      parentHash: parent?.block.hash ?? '0x',
      timestamp: (parent?.timestamp ?? BigInt(GENESIS_SECONDS)) + BigInt(seconds),
      events,
      images,
    });
  }
  add(0, []);

  return {
    account: accountOf(OWN_SITE),
    get head() {
      return chain.at(-1)!;
    },
    extend: ({ fork, blocks }) => {
      chain.length = Math.max(1, chain.length - fork);
      for (const { seconds, ops } of blocks) add(seconds, ops);
      wake();
    },
    follow: async function* ({ after, hashAt, signal }) {
      let at = after;
      while (!signal.aborted) {
        await nextTurn();
        if (at !== undefined && chain[Number(at.number)]?.block.hash !== at.hash) {
          let common = at.number - 1n;
          while (chain[Number(common)]?.block.hash !== hashAt(common)) common--;
          const blocks = chain.slice(Number(common) + 1, Number(at.number) + 1);
          const to = chain[Number(common)]!.block;
          yield { kind: 'rollback', to, blocks };
          at = blocks.at(-1)?.block ?? to;
          continue;
        }
        const next = chain[Number(at?.number ?? -1n) + 1];
        if (next !== undefined) {
          yield next;
          at = next.block;
          continue;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    },
    readBody: async ({ sha256 }) => {
      await nextTurn();
      const announcement = announcements.find((one) => bodiesOf(one).header.sha256 === sha256);
      if (announcement?.trouble === 'no-chunk')
        throw new LedgerError('corrupt', 'The code at that address is no chunk.', { retryable: false });
      const left = failures.get(sha256) ?? 0;
      if (left === 0) return bytes.get(sha256)!;
      failures.set(sha256, left - 1);
      if (announcement?.trouble === 'damaged')
        throw new LedgerError('corrupt', 'These are not the bytes of that address.', { retryable: true });
      throw new LedgerError('unavailable', 'There is no code at that address.', { retryable: true });
    },
    mend: () => {
      for (const sha256 of failures.keys()) failures.set(sha256, 0);
    },
  };
}

type EventsOf = LedgerEvent extends infer E ? (E extends LedgerEvent ? Omit<E, 'position'> : never) : never;
