import { until } from '../../base/testing/until.js';
import { expect } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { bufferSource } from '../../base/byte-source.js';
import { silentLog } from '../../base/log.js';
import type { ChainImage } from '../contract/image-contract.js';
import { encodeCall, createImageLedger } from '../contract/image-ledger.js';
import { deployContract } from '../contract/deploy.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import type { Body, ChainStep, ImageEvent, ImageToStore, Ledger } from '../ledger.js';
import { blocksOf } from '../follow/follow.js';
import { findImage } from '../image/reconcile.js';
import { openLedger, type LedgerOptions } from '../open-ledger.js';
import { openNodes } from '../nodes/open-nodes.js';
import type { LedgerProvider } from '../rpc/provider.js';
import { createRpc } from '../rpc/rpc.js';
import { accountOf, signTransaction } from '../keys/sign.js';
import { namedBy } from './named-by.js';

/** A chain with a contract and two sites, for the tests of `Ledger`. */
export interface Bed {
  provider: LedgerProvider;
  contract: Hex;
  /** Opens the ledger of a site, with an outbox of its own unless one is given. All are closed with the bed. */
  open(options?: Partial<LedgerOptions> & { provider?: LedgerProvider }): Promise<Ledger>;
  keys: Record<'site' | 'otherSite' | 'governor' | 'stranger', Buffer>;
  newFolder(): Promise<string>;
  /** The image as the contract keeps it; undefined when it has none. */
  image(imageId: Hex): Promise<ChainImage | undefined>;
  /** Sends one call of the contract and waits for its block. */
  call(key: Buffer, name: string, ...values: unknown[]): Promise<void>;
  /** The same for any calldata; undefined deploys it. At most 8,000,000 gas unless given. */
  transact(key: Buffer, to: Hex | undefined, data: Buffer, gasLimit?: bigint): Promise<void>;
  close(): Promise<void>;
}

export interface BedChain {
  provider: LedgerProvider;
  close(): Promise<void>;
}

export async function openBed(
  start: (folder: string, funded: Hex[]) => Promise<BedChain>,
  defaults: Partial<LedgerOptions> = {},
): Promise<Bed> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'ledger-'));
  const [site, otherSite, governor, stranger] = Array.from({ length: 4 }, () => randomBytes(32)) as Buffer[];
  const keys = { site: site!, otherSite: otherSite!, governor: governor!, stranger: stranger! };
  const chain = await start(path.join(root, 'chain'), Object.values(keys).map(accountOf));
  const { provider } = chain;
  const rpc = createRpc(provider);
  const contract = await deployContract(provider, {
    governorKey: keys.governor,
    siteName: 'North',
    siteAccounts: [accountOf(keys.site)],
  });
  const ledgers: Ledger[] = [];
  let folders = 0;

  const bed: Bed = {
    provider,
    contract,
    keys,
    newFolder: async () => path.join(root, `outbox-${++folders}`),
    open: async ({ provider: own = provider, ...options } = {}) => {
      const ledger = await openLedger({
        nodes: openNodes({ providers: [{ name: 'bed', provider: own }], log: silentLog }),
        contracts: [contract],
        privateKey: keys.site,
        pieceBytes: 30_720,
        windowBytes: 4_000_000,
        outboxFolder: await bed.newFolder(),
        depths: { sealed: 1, final: 1, kept: 1 },
        log: silentLog,
        ...defaults,
        ...options,
      });
      ledgers.push(ledger);
      return ledger;
    },
    image: (imageId) => findImage([createImageLedger(rpc, contract)], imageId),
    call: (key, name, ...values) => bed.transact(key, contract, encodeCall(name, ...values)),
    transact: async (key, to, data, gasLimit = 8_000_000n) => {
      const account = accountOf(key);
      const [nonce, chainId, gasPrice] = await Promise.all([
        rpc.nonce(account, 'latest'),
        rpc.chainId(),
        rpc.gasPrice(),
      ]);
      const transaction = { chainId, nonce, gasPrice, gasLimit, to: to && fromHex(to), data };
      await rpc.send(signTransaction(transaction, key).raw);
      await until('the transaction to be in a block', async () => (await rpc.nonce(account, 'latest')) > nonce);
    },
    close: async () => {
      await Promise.all(ledgers.map((ledger) => ledger.close()));
      await chain.close();
      await rm(root, { recursive: true, force: true });
    },
  };
  await bed.call(keys.governor, 'admitSite', 'South', [accountOf(keys.otherSite)]);
  return bed;
}

/** An image of random content. */
export function newImage(byteCount: number, parts: Partial<ImageToStore> = {}): ImageToStore {
  return {
    ...namedBy(parts.imageId ?? toHex(randomBytes(32))),
    header: randomBytes(700),
    preview: randomBytes(5_000),
    instance: contentOf(randomBytes(byteCount)),
    ...parts,
  };
}

export function contentOf(bytes: Buffer): ImageToStore['instance'] {
  return { ...bufferSource(bytes), sha256: toHex(createHash('sha256').update(bytes).digest()) };
}

/** The image's events from block 0 on, up to and with the first of that kind. */
export async function eventsUntil(ledger: Ledger, imageId: Hex, kind: ImageEvent['kind']): Promise<ImageEvent[]> {
  const events: ImageEvent[] = [];
  await walk(ledger, (step) => {
    for (const block of blocksOf(step))
      for (const event of block.events) if ('imageId' in event && event.imageId === imageId) events.push(event);
    return events.some((event) => event.kind === kind);
  });
  return events;
}

export type Announced = ImageEvent & { kind: 'announced' };

/** Begins to store an image, with patience for other sites; its failure may come before anybody waits for it. */
export function startStore(ledger: Ledger, image: ImageToStore): Promise<void> {
  const stored = ledger.store(image, { rivalMs: 600_000 });
  stored.catch(() => undefined);
  return stored;
}

/** Until the ledger has signed a transaction that is in no block. */
export const untilPending = (ledger: Ledger): Promise<unknown> =>
  until('transactions in the outbox', async () => (await ledger.health()).outboxTransactions > 0);

/** Stores an image as far as its announcement; what comes behind it cannot be read. */
export async function announceOnly(ledger: Ledger, image: ImageToStore): Promise<void> {
  let reads = 0;
  const isAnnounced = async (): Promise<boolean> => (await ledger.image(image.imageId))?.state === 'announced';
  const read: typeof image.instance.read = async (offset, byteCount) => {
    // Once to reckon its addresses, once to send it.
    if (++reads > Math.ceil(image.instance.byteCount / 30_720)) {
      await until('the image to be announced', isAnnounced);
      throw new Error('unreadable');
    }
    return image.instance.read(offset, byteCount);
  };
  await expect(ledger.store({ ...image, instance: { ...image.instance, read } })).rejects.toThrow('unreadable');
  expect(await isAnnounced()).toBe(true);
}

/** The bodies of a sealed image as a follower knows them. */
export async function sealedBodies(ledger: Ledger, imageId: Hex): Promise<{ announced: Announced; instance: Body }> {
  const events = await eventsUntil(ledger, imageId, 'sealed');
  const announced = events.findLast((event): event is Announced => event.kind === 'announced')!;
  const sealed = events.find((event) => event.kind === 'sealed')!;
  return { announced, instance: { ...announced.instance, list: sealed.pages } };
}

export async function readWhole(ledger: Ledger, body: Body): Promise<Buffer> {
  return Buffer.concat(await ledger.readPieces(body, 0, Math.ceil(body.byteCount / body.pieceBytes)));
}

/** Follows the chain from block 0 until `isEnough`. */
async function walk(ledger: Ledger, isEnough: (step: ChainStep) => boolean): Promise<void> {
  const ending = new AbortController();
  const steps = ledger.follow({ after: undefined, hashAt: () => undefined, signal: ending.signal });
  for (;;) {
    const step = await steps.next();
    if (step.done) return;
    if (isEnough(step.value)) break;
  }
  // Asking for the next says that this one was taken in.
  const next = steps.next();
  ending.abort();
  await next;
}
