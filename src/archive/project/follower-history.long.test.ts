import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openHeaderReader } from '../../dicom/metadata/open-header-reader.js';
import { type Following, startFollowing } from '../testing/start-following.js';
import { type AnnouncedEvent, eventMaker, testPseudonyms } from '../testing/event-maker.js';
import type { Catalog } from '../../catalog/catalog.js';
import type { QueryLevel } from '../../catalog/query.js';
import { openTestCatalog } from '../../catalog/testing/open-test-catalog.js';
import { gathered } from '../../catalog/testing/records.js';
import { LedgerError } from '../../base/errors.js';
import { follow } from '../../ledger/follow/follow.js';
import type { Heads } from '../../ledger/nodes/heads.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { Body, FollowOptions } from '../../ledger/ledger.js';
import type { LedgerNode, Nodes } from '../../ledger/nodes/node.js';
import type { LedgerProvider } from '../../ledger/rpc/provider.js';
import { imageLedgerInterface } from '../../ledger/contract/revert-errors.js';
import { createRpc } from '../../ledger/rpc/rpc.js';
import { silentLog } from '../../base/log.js';
import { createDecodeEvent } from '../../ledger/contract/events.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-follower-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

const contract: Hex = `0x${'c0'.repeat(20)}`;
const uids = ['1.2.6', '1.2.7', '1.2.8', '1.2.9'];
const TAKEOVER_BLOCKS = 3;

/** What a site sends; a block takes it without effect where the contract would revert it. */
interface Op {
  kind: 'announce' | 'seal' | 'withdraw' | 'retire';
  image: number;
  site: number;
  /** Two contents of one UID: they differ in the patient, so that a study's description hangs on who was first. */
  content: number;
}
interface ImageOnChain {
  state: 'announced' | 'sealed' | 'retired';
  site: number;
  since: number;
}
interface Block {
  number: number;
  hash: Hex;
  parentHash: Hex;
  timestamp: number;
  logs: { topics: readonly string[]; data: string }[];
  images: ReadonlyMap<number, ImageOnChain>;
}
type Step =
  | { kind: 'blocks'; fork: number; blocks: Op[][] }
  | { kind: 'restart' }
  /** The node that is asked is so many blocks behind, until the next step. */
  | { kind: 'behind'; by: number }
  /** So many bodies cannot be read. */
  | { kind: 'unreadable'; bodies: number }
  | { kind: 'settle' };

const maker = eventMaker();
const announcements = new Map<string, AnnouncedEvent>();
for (const uid of uids)
  for (const content of [0, 1]) announcements.set(`${uid} ${content}`, await maker.announced(uid, 0, `P-${content}`));

const address = (site: number): Hex => `0x${String(site).repeat(40)}`;
const sha256 = (text: string): Hex => `0x${createHash('sha256').update(text).digest('hex')}`;
const claim = ({ byteCount, sha256: digest, root }: Body): unknown[] => [0, byteCount, digest, root];
const encoded = new Map<string, { topics: readonly string[]; data: string }>();
function log(name: string, { image, site, content }: Omit<Op, 'kind'>): Block['logs'][number] {
  const id = [name, image, site, content].join();
  const event = announcements.get(`${uids[image]!} ${content}`)!;
  const { imageId } = event;
  const { patientKey } = event.names;
  const bodies = [claim(event.header), claim(event.preview), claim(event.instance)];
  const values: Record<string, unknown[]> = {
    Announced: [imageId, patientKey, site, [imageId, patientKey, 100, ...bodies, [], []]],
    Sealed: [imageId, site, [address(5)]],
    Withdrawn: [imageId, site, address(site)],
    Retired: [imageId, site, address(site), `by ${site}`],
  };
  const known = encoded.get(id) ?? imageLedgerInterface.encodeEventLog(name, values[name]!);
  encoded.set(id, known);
  return known;
}

/** One more block with what takes effect of the ops, by the contract's rules. */
function blockOn(parent: Block | undefined, ops: readonly Op[], serial: number): Block {
  const number = (parent?.number ?? -1) + 1;
  const images = new Map(parent?.images);
  const logs: Block['logs'] = [];
  for (const op of ops) {
    const now = images.get(op.image);
    const isOwn = now?.site === op.site;
    if (op.kind === 'announce') {
      const isTakeover = now?.state === 'announced' && !isOwn && number >= now.since + TAKEOVER_BLOCKS;
      if (now && !isTakeover) continue;
      if (now) logs.push(log('Withdrawn', { ...op, site: now.site }));
      logs.push(log('Announced', op));
      images.set(op.image, { state: 'announced', site: op.site, since: number });
    } else if (op.kind === 'retire') {
      if (now?.state !== 'sealed' || !isOwn) continue;
      logs.push(log('Retired', op));
      images.set(op.image, { ...now, state: 'retired' });
    } else if (now?.state === 'announced' && isOwn) {
      logs.push(log(op.kind === 'seal' ? 'Sealed' : 'Withdrawn', op));
      if (op.kind === 'seal') images.set(op.image, { ...now, state: 'sealed' });
      else images.delete(op.image);
    }
  }
  const timestamp = 1_700_000_000 + serial;
  return { number, hash: sha256(`block ${serial}`), parentHash: parent?.hash ?? sha256(''), timestamp, logs, images };
}

/** A node, with the canonical chain and every block that it ever had. */
function createNode() {
  const chain: Block[] = [blockOn(undefined, [], 0)];
  const all = new Map<Hex, Block>(chain.map((block) => [block.hash, block]));
  let count = 0;
  const wakers: (() => void)[] = [];
  const node = {
    behind: 0,
    unreadable: 0,
    get head(): Block {
      return chain[Math.max(0, chain.length - 1 - node.behind)]!;
    },
    wake: (): void => {
      count++;
      for (const waker of wakers.splice(0)) waker();
    },
    extend: ({ fork, blocks }: Step & { kind: 'blocks' }): void => {
      chain.length = Math.max(1, chain.length - fork);
      for (const ops of blocks) {
        const block = blockOn(chain.at(-1), ops, all.size);
        all.set(block.hash, block);
        chain.push(block);
      }
      node.wake();
    },
  };
  const blockAnswer = (block: Block | undefined): unknown =>
    block &&
    block.number <= node.head.number && {
      number: `0x${block.number.toString(16)}`,
      hash: block.hash,
      parentHash: block.parentHash,
      timestamp: `0x${block.timestamp.toString(16)}`,
      gasLimit: '0x1',
    };
  const logsOf = ({ hash, number, logs }: Block): unknown[] =>
    logs.map((one, index) => ({
      ...one,
      address: contract,
      blockHash: hash,
      blockNumber: `0x${number.toString(16)}`,
      logIndex: `0x${index.toString(16)}`,
    }));
  const provider: LedgerProvider = {
    request: async ({ method, params = [] }) => {
      await new Promise(setImmediate);
      if (method === 'eth_blockNumber') return `0x${node.head.number.toString(16)}`;
      const [at] = params;
      if (method === 'eth_getBlockByNumber')
        return blockAnswer(at === 'latest' ? node.head : chain[Number(at)]) || null;
      const filter = params[0] as { blockHash: Hex };
      if (method === 'eth_getLogs') return logsOf(all.get(filter.blockHash)!);
      throw new Error(`${method} is not expected`);
    },
  };
  const rpc = createRpc(provider);
  const heads: Heads = {
    get count() {
      return count;
    },
    after: (seen, _atMostMs, signal) =>
      new Promise((resolve) => {
        if (count > seen || signal.aborted) return resolve();
        wakers.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
    close: () => undefined,
  };
  const only: LedgerNode = { name: 'node', rpc, provider };
  const nodes = { all: [only], rpc, preferred: () => [only], distrust: () => undefined } as unknown as Nodes;
  const asked = { rpc, nodes };
  const ledger = {
    ...maker.ledger,
    follow: (options: FollowOptions) =>
      follow({ ...asked, heads, contracts: [contract], decodeEvent: createDecodeEvent(), log: silentLog }, options),
    readBody: async (body: Body) => {
      await new Promise(setImmediate);
      if (node.unreadable > 0 && node.unreadable-- > 0)
        throw new LedgerError('unavailable', 'There is no code.', { retryable: true });
      return maker.ledger.readBody(body);
    },
  };
  return Object.assign(node, { ledger });
}
type Node = ReturnType<typeof createNode>;

const headers = openHeaderReader({ maxBytes: 1_000_000 });
afterAll(() => headers.close());
const started = (node: Node, catalog: Catalog): Following => startFollowing({ ledger: node.ledger, catalog, headers });

/** Everything that a client can see. */
async function seen(catalog: Catalog): Promise<unknown> {
  const levels: QueryLevel[] = ['patient', 'study', 'series', 'instance'];
  const study = { StudyInstanceUID: '1.2.3.5' };
  const found = await catalog.seenBy('everything').instances(study);
  return {
    cursor: catalog.projection.cursor(),
    counts: await catalog.seenBy('everything').counts(),
    found: await Promise.all(
      levels.map((level) =>
        catalog.seenBy('everything').search({ level, match: [], include: 'all', fuzzy: false, limit: 100, offset: 0 }),
      ),
    ),
    instances: await Promise.all(uids.map((uid) => catalog.seenBy('everything').instance(uid))),
    images: uids.map((uid) => catalog.projection.image(testPseudonyms.imageKey(uid))),
    previews: await Promise.all(found.map(async ({ id }) => catalog.seenBy('everything').preview(id))),
    sites: await Promise.all([1, 2].map(async (site) => catalog.seenBy('everything', site).instances(study))),
    quarantined: await catalog.quarantined({ limit: 100 }),
    gone: await Promise.all(
      uids.map((SOPInstanceUID) => catalog.seenBy('everything').isGone({ ...study, SOPInstanceUID })),
    ),
    metadata: await gathered(catalog.seenBy('everything').metadata(study)),
    sealed: await gathered(catalog.seenBy('everything').sealedSOPInstanceUIDs()),
  };
}

/** Follows while the steps happen; ends when it has the head. */
async function play(node: Node, steps: readonly Step[], catalog: Catalog): Promise<void> {
  let follower = started(node, catalog);
  const settle = async (): Promise<void> => {
    node.behind = 0;
    node.wake();
    const { hash } = node.head;
    await follower.progress.until(() => follower.progress.head?.hash === hash || undefined);
    // What could not be had is tried again.
    await follower.progress.until(() => catalog.projection.backlog().waiting === 0 || undefined);
  };
  for (const step of steps) {
    if (step.kind === 'blocks') node.extend(step);
    else if (step.kind === 'behind') node.behind = step.by;
    else if (step.kind === 'unreadable') node.unreadable = step.bodies;
    else if (step.kind === 'settle') await settle();
    else {
      await follower.close();
      follower = started(node, catalog);
    }
    node.wake();
    for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
    if (step.kind !== 'behind') node.behind = 0;
  }
  await settle();
  await follower.close();
}

const arbitraryOp: fc.Arbitrary<Op> = fc.record({
  kind: fc.constantFrom('announce', 'announce', 'seal', 'seal', 'withdraw', 'retire'),
  image: fc.nat({ max: uids.length - 1 }),
  site: fc.integer({ min: 1, max: 2 }),
  content: fc.nat({ max: 1 }),
});
const blocks = (minLength: number) => fc.array(fc.array(arbitraryOp, { maxLength: 5 }), { minLength, maxLength: 8 });
const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('blocks' as const), fork: fc.constant(0), blocks: blocks(1) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('blocks' as const),
      fork: fc.integer({ min: 1, max: 10 }),
      blocks: blocks(1),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'restart' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('behind' as const), by: fc.integer({ min: 1, max: 10 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unreadable' as const), bodies: fc.nat({ max: 3 }) }) },
  { weight: 3, arbitrary: fc.constant<Step>({ kind: 'settle' }) },
);

describe('startFollower', () => {
  it('ends after any history of blocks, forks, restarts and lagging nodes as a replay from block 0', async () => {
    let everSealed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryStep, { minLength: 2, maxLength: 12 }), async (steps) => {
        const [file, other] = [path.join(folder, `${files++}.db`), path.join(folder, `${files++}.db`)];
        const node = createNode();
        const catalog = openTestCatalog({ file });
        await play(node, steps, catalog);
        node.unreadable = 0;
        const replay = openTestCatalog({ file: other });
        await play(node, [], replay);
        expect(await seen(catalog)).toEqual(await seen(replay));
        everSealed += (await replay.seenBy('everything').counts()).instances;
        for (const each of [catalog, replay]) await each.close();
        for (const each of [file, other]) rmSync(each);
      }),
      { numRuns: 200 },
    );
    // The histories are not empty ones.
    expect(everSealed).toBeGreaterThan(100);
  }, 240_000);
});
