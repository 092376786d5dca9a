import { setMaxListeners } from 'node:events';
import { LRUCache } from 'lru-cache';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { withTimeout } from '../base/with-timeout.js';
import { countActiveSites } from './follow/active-sites.js';
import { createDecodeEvent } from './contract/events.js';
import { createImageContract } from './contract/create-image-contract.js';
import { readFormerSites } from './contract/former-sites.js';
import type { ImageContract } from './contract/image-contract.js';
import { imageIdOf } from './contract/images.js';
import { restoreImage, retireImage } from './image/end-image.js';
import { blocksOf, follow } from './follow/follow.js';
import { createWalkPosition } from './follow/walk-position.js';
import { watchLedgerHealth } from './nodes/ledger-health.js';
import { watchHeads } from './nodes/heads.js';
import { latestNonce } from './nodes/latest-nonce.js';
import { createSecondHolder } from './nodes/second-holder.js';
import type { Hex } from './ethereum/hex.js';
import type { Depths, Ledger } from './ledger.js';
import type { LedgerNode, Nodes } from './nodes/node.js';
import { createKeyedMutex } from '../base/keyed-mutex.js';
import { openOutbox } from './send/outbox.js';
import { rationsLeft } from './contract/ration.js';
import { createOwnSite } from './contract/own-site.js';
import { createSiteNames } from './contract/site-names.js';
import { requireWaits } from './consortium/require-waits.js';
import { checkChain } from './check-chain.js';
import { createBodyReader } from './image/body-reader.js';
import { findImage } from './image/reconcile.js';
import { createAccountLook } from './send/create-account-look.js';
import { findRetired } from './consortium/find-retired.js';
import { findSeals } from './image/find-seals.js';
import { createChunkReader } from './image/chunk-reader.js';
import { createCodeProver } from './image/code-prover.js';
import { createIneffectiveLog } from './contract/ineffective-log.js';
import { findAnchor, sendAnchor } from './send/anchor.js';
import { createRingLedger } from './rings/create-ring-ledger.js';
import { openSender } from './send/sender.js';
import { sendFormerAccounts } from './send/former-accounts.js';
import { accountOf } from './keys/sign.js';
import { signDigest } from './keys/sign-digest.js';
import { askTwoNodes } from './nodes/ask-two-nodes.js';
import { rpcAtBlock } from './rpc/rpc-at-block.js';
import { storeImage } from './image/store-image.js';

export interface LedgerOptions {
  nodes: Nodes;
  /** Contracts to read, the newest first, which is written to. */
  contracts: readonly Hex[];
  /** What the sites of release 1 are called in release 2, where contracts of both are read. */
  formerSites?: ReadonlyMap<number, number>;
  /** Of release 2: the site that this account joins as a writer, when it was named for it and has not joined yet. */
  joinSite?: number | undefined;
  /** Refuses a consortium for trials, whose changes do not wait. */
  requiresWaits?: boolean;
  /** This site's account: 32 bytes. */
  privateKey: Buffer;
  pieceBytes: number;
  /** Most bytes that are signed and not in a block, as memory and disk allow; never more than three blocks hold. */
  windowBytes: number;
  /** What the pool of one node holds; the active sites share nine tenths of it. Undefined where nothing bounds a pool. */
  poolBytes?: number | undefined;
  /** Each chain and account has its own folder in it. */
  outboxFolder: string;
  depths: Depths;
  /** How often a node that cannot push is asked for its block number. */
  pollMs?: number;
  /** Without progress for so long, all that is pending is sent again. */
  stallMs?: number;
  log: Log;
}

/** Gas of one byte on the chain, rounded down: bounds what a block holds. */
const GAS_PER_BYTE = 218;
/** Beyond this part of a pool nodes begin to refuse. */
const POOL_SHARE = 0.9;
/** So long another site has to seal what it has announced of the same content. */
const RIVAL_MS = 20_000;
/** Whoever wants to see the sites gets those that are known after so long. */
const SITES_TIMEOUT_MS = 2_000;
/** So many stored images are remembered, to see a reorganisation that undoes them. */
const REMEMBERED_IMAGES = 100_000;

/**
 * Opens the chain behind its nodes. Throws `misconfigured` for a contract that is not released or limits that are too
 * small, `unavailable` when the node does not answer. An account of no site can read; what it writes is `site-not-admitted`.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { nodes, privateKey, pieceBytes, depths, log } = options;
  const { rpc } = nodes;
  const account = accountOf(privateKey);
  const addresses = options.contracts.map((address) => address.toLowerCase() as Hex);
  if (addresses.length === 0) throw new LedgerError('misconfigured', 'No contract is configured: set LEDGER_CONTRACT.');
  const checked = await checkChain({ nodes, log }, { contracts: addresses, account, pieceBytes });
  const { chainId, gasPrice, head, contracts: refs } = checked;
  const contracts = refs.map((ref) => createImageContract(rpc, ref));
  const [newest] = contracts as [ImageContract];
  const { release, consortium } = newest;
  if (options.requiresWaits && consortium !== undefined) await requireWaits(rpc, consortium);
  if (options.joinSite !== undefined && consortium !== undefined) {
    const { joinAsWriter } = await import('./consortium/join-as-writer.js');
    await joinAsWriter({ rpc, log }, { consortium, siteId: options.joinSite, key: privateKey });
  }
  const formerSites = await readFormerSites(contracts, options.formerSites);
  const [nonce, takeoverBlocks] = await Promise.all([latestNonce(nodes, account), newest.takeoverBlocks()]);
  const ownSite = await createOwnSite(newest, account);
  const siteNames = createSiteNames(newest);
  const learnSites = async (): Promise<void> =>
    siteNames.learn(Array.from({ length: await newest.siteCount() }, (_, i) => i + 1));
  await learnSites();
  if (ownSite.id === 0) log.warn({ account }, 'This account belongs to no site of the contract: nothing can be stored');

  const heads = await watchHeads({ nodes, log }, { pollMs: options.pollMs ?? 200 });
  const outbox = await openOutbox(path.join(options.outboxFolder, `${chainId}-${account}`));
  // While one block is made the next has to be in the pool already; what it takes to fill slots comes on top.
  const threeBlocks = (3 * Number(head.gasLimit)) / GAS_PER_BYTE;
  const windowBytes = Math.min(options.windowBytes, threeBlocks, POOL_SHARE * (options.poolBytes ?? Infinity));
  const confirming = { finalDepth: depths.kept, stallMs: options.stallMs ?? 10_000 };
  const sender = await openSender(
    { nodes, heads, outbox, log },
    { privateKey, chainId, gasPrice, windowBytes, nonce, ...confirming },
  );
  const closing = new AbortController();
  // Every instance that is on its way listens.
  setMaxListeners(0, closing.signal);
  const { signal } = closing;
  const formerAccounts = sendFormerAccounts(
    { nodes, heads, log },
    { outboxFolder: options.outboxFolder, chainId, account, ...confirming, signal },
  ).catch((error: unknown) => log.error({ err: error }, 'The outbox of a former account could not be sent'));
  const decodeEvent = createDecodeEvent({ formerSites, consortium });
  const activeSites = countActiveSites({ ownSiteId: () => ownSite.id });
  const reverts = createIneffectiveLog();
  /** By its last block nodes prove what they say. */
  const position = createWalkPosition();
  const prover = createCodeProver({ nodes, position });
  const reader = createBodyReader({ chunks: createChunkReader({ nodes, prover, position }) });
  const contractsOf = new Map(
    nodes.all.map((node) => [node, refs.map((ref) => createImageContract(node.rpc, ref))] as const),
  );
  const contractsAt = (node: LedgerNode): ImageContract[] => contractsOf.get(node)!;
  const writing = { contractsAt, nodes, heads, sender, ownSite, contracts, signal };
  const lastNonces = new LRUCache<Hex, number>({ max: REMEMBERED_IMAGES });
  const storing = { ...writing, rpc, reverts, lastNonces, takeoverBlocks, pieceBytes, log };
  const health = watchLedgerHealth(
    {
      nodes,
      sending: () => ({
        outboxTransactions: sender.pendingTransactions,
        outboxBytes: sender.pendingBytes,
        windowBytes: sender.windowBytes,
        alarms: sender.alarms,
        reverted: { count: reverts.count, newest: reverts.newest },
      }),
      siteCount: () => newest.siteCount(),
      lookAtAccount: createAccountLook({ rpc, sender }),
      rationsLeft: () => (ownSite.id === 0 ? Promise.resolve(Infinity) : rationsLeft(rpc, account)),
    },
    { chainId, leastStallMs: confirming.stallMs },
  );
  /** The last thing that was asked of each image. */
  const mutex = createKeyedMutex<Hex>();

  return {
    chainId,
    ...{ release, consortium },
    contracts: addresses,
    releases: refs.map((ref) => ref.release),
    get siteId() {
      return ownSite.id;
    },
    siteName: (siteId) => siteNames.nameOf(siteId),
    sites: async () => {
      await withTimeout(learnSites(), SITES_TIMEOUT_MS, () => new Error('no answer')).catch(() => undefined);
      return siteNames.known();
    },
    account,
    depths,
    pieceBytes,

    store: (image, { rivalMs = RIVAL_MS } = {}) =>
      mutex.take(image.imageId, () => storeImage(storing, image, { rivalMs })),
    imageIdOf: (names) => (names.release === 1 ? names.imageKey : imageIdOf(ownSite.id, names.imageKey)),
    image: async (imageId) => {
      const found = await findImage(contracts, imageId);
      if (found === undefined || found.state === 'none') return undefined;
      return {
        siteId: formerSites.get(found.contract)?.get(found.siteId) ?? found.siteId,
        state: found.state,
        sha256: found.sha256,
      };
    },
    seals: (block) => findSeals({ rpc, contracts: addresses }, block),
    retire: (imageId, reason) => mutex.take(imageId, () => retireImage(writing, imageId, reason)),
    restore: (imageId) => mutex.take(imageId, () => restoreImage(writing, imageId)),
    retiredBy: async (retired) => {
      if (release === 1) throw new LedgerError('not-implemented', 'In release 1 a retirement is for ever.');
      return findRetired({ rpc, contract: addresses[0]! }, { ...retired, siteId: await ownSite.require() });
    },
    ...createRingLedger({ rpc, sender, heads, ownSite, signal }, consortium),

    anchor: async (root, count) => {
      if (ownSite.id === 0)
        throw new LedgerError('site-not-admitted', `The account ${account} belongs to no site: it anchors nothing.`);
      return sendAnchor({ sender }, { root, count });
    },
    findAnchor: (transactionHash) => findAnchor({ rpc }, transactionHash),

    askConsortium: async (read, { depth = depths.final } = {}) => {
      if (consortium === undefined) throw release1();
      const headNumber = await rpc.blockNumber();
      const block = headNumber < BigInt(depth) ? 0n : headNumber - BigInt(depth - 1);
      return askTwoNodes(nodes, (node) => read({ rpc: rpcAtBlock(node, block), consortium }));
    },
    sign: (digest) => signDigest(digest, privateKey),

    readPieces: (body, from, count, since) => reader.readPieces(body, from, count, since),
    readBody: (body, since) => reader.readBody(body, since),
    get branch() {
      return position.branch;
    },
    isHeldTwice: createSecondHolder(nodes),
    follow: async function* (followOptions) {
      const followed = consortium === undefined ? addresses : [...addresses, consortium];
      const steps = follow({ nodes, heads, contracts: followed, decodeEvent, log }, followOptions);
      for await (const step of position.along(followOptions.after, steps)) {
        const imageEvents = blocksOf(step).flatMap(({ events }) => events.filter((event) => 'imageId' in event));
        void siteNames.learn(imageEvents.map(({ siteId }) => siteId));
        activeSites.see(step);
        sender.shareAmong(activeSites.count);
        yield step;
      }
    },

    health,

    close: async () => {
      closing.abort();
      await sender.close();
      heads.close();
      await formerAccounts;
      await mutex.ended();
    },
  };
}

const release1 = (): LedgerError =>
  new LedgerError('not-implemented', 'The contract that is written to is of release 1, which has no rings.');
