import path from 'node:path';
import { LedgerError } from '../errors.js';
import type { Log } from '../log.js';
import { encodeCall, openContract, type Contract } from './chain.js';
import { startConfirming } from './confirm.js';
import { follow } from './follow.js';
import * as gas from './gas.js';
import { watchHeads } from './heads.js';
import type { Depths, Hex, Ledger, StoreTicket } from './ledger.js';
import { openOutbox } from './outbox.js';
import type { Nodes } from './node.js';
import { createReader } from './read.js';
import { requireReleased } from './releases.js';
import { openSender } from './send.js';
import { accountOf } from './sign.js';
import { callStep, withdrawStep } from './steps.js';
import { findImage, storeImage, type StoreDeps } from './store-image.js';

export interface LedgerOptions {
  nodes: Nodes;
  /** Contracts to read, the newest first, which is written to. */
  contracts: readonly Hex[];
  /** This site's account: 32 bytes. */
  privateKey: Buffer;
  pieceBytes: number;
  /** Most bytes that are signed and not in a block, as memory and disk allow; never more than two blocks hold. */
  windowBytes: number;
  /** What the pool of one node holds; the active sites share four fifths of it. Undefined where nothing bounds a pool. */
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
const gasPerByte = 218;

/**
 * Opens the chain behind its nodes. Throws `misconfigured` for a contract that is not released or limits that are too
 * small, `unavailable` when the node does not answer. An account of no site can read; what it writes is `not-authorized`.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { nodes, privateKey, pieceBytes, depths, log } = options;
  const { rpc } = nodes;
  const account = accountOf(privateKey);
  const addresses = options.contracts.map((address) => address.toLowerCase() as Hex);
  if (addresses.length === 0) throw new LedgerError('misconfigured', 'No contract is configured: set LEDGER_CONTRACT.');
  await requireReleased(rpc, addresses);
  const contracts = addresses.map((address) => openContract(rpc, address));
  const [newest] = contracts as [Contract];
  const [chainId, gasPrice, nonce, head, maxPieceBytes, takeoverBlocks] = await Promise.all([
    rpc.chainId(),
    rpc.gasPrice(),
    rpc.nonce(account, 'latest'),
    rpc.block('latest'),
    newest.maxPieceBytes(),
    newest.takeoverBlocks(),
  ]);
  requireLimits({ pieceBytes, maxPieceBytes, blockGas: Number(head?.gasLimit ?? 0) });
  let siteId = await newest.siteOf(account);
  const siteName = siteId === 0 ? '' : await newest.siteName(siteId);
  if (siteId === 0) log.warn({ account }, 'This account belongs to no site of the contract: nothing can be stored');

  const outbox = await openOutbox(path.join(options.outboxFolder, `${chainId}-${account}`));
  const windowBytes = Math.min(options.windowBytes, (2 * Number(head!.gasLimit)) / gasPerByte);
  const sender = await openSender({ rpc, outbox, log }, { privateKey, chainId, gasPrice, windowBytes, nonce });
  const heads = await watchHeads({ provider: nodes.all[0]!.provider, rpc, log }, { pollMs: options.pollMs ?? 200 });
  const closing = new AbortController();
  const { signal } = closing;
  const confirmations = startConfirming(
    { rpc, heads, sender, log },
    { finalDepth: depths.final, stallMs: options.stallMs ?? 10_000, signal },
  );
  const reader = createReader(rpc);
  const currentSiteId = async (): Promise<number> => (siteId ||= await newest.siteOf(account));
  const storing: StoreDeps = {
    ...{ rpc, heads, sender, contracts, takeoverBlocks, pieceBytes, log, signal },
    siteId: currentSiteId,
  };

  /** The last thing that was asked of each image: one after the other. */
  const active = new Map<Hex, Promise<void>>();
  function inTurn(imageKey: Hex, work: () => Promise<void>): Promise<void> {
    const before = active.get(imageKey) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(work);
    active.set(imageKey, turn);
    const forget = (): void => {
      if (active.get(imageKey) === turn) active.delete(imageKey);
    };
    turn.then(forget, forget);
    return turn;
  }

  async function requireSite(): Promise<void> {
    if ((await currentSiteId()) > 0) return;
    throw new LedgerError(
      'not-authorized',
      `The account ${account} belongs to no site of contract ${newest.address}: a governor has to admit it.`,
    );
  }

  async function sendCall(contract: Contract, name: string, data: Buffer, callGas: number): Promise<void> {
    await contract.rehearse(name, data, account);
    const { byteCount, gas: stepGas } = callStep(data, callGas);
    const request = { byteCount, urgent: true, bytesLeft: byteCount };
    const call = { to: contract.address, data, gas: stepGas + gas.baseGas };
    await (
      await sender.send(request, async () => call)
    ).mined;
  }

  return {
    chainId,
    contracts: addresses,
    get siteId() {
      return siteId;
    },
    siteName,
    depths,
    pieceBytes,

    store: (image): StoreTicket => {
      let accept!: () => void;
      let refuse!: (error: unknown) => void;
      const accepted = new Promise<void>((resolve, reject) => {
        accept = resolve;
        refuse = reject;
      });
      const mined = inTurn(image.imageKey, async () => {
        await requireSite();
        await storeImage(storing, image, accept);
      });
      mined.catch(refuse);
      accepted.catch(() => undefined);
      return { accepted, mined };
    },

    retire: (imageKey, reason) =>
      inTurn(imageKey, async () => {
        const image = await findImage(contracts, imageKey);
        if (!image) throw new LedgerError('not-found', `No contract has the image ${imageKey}.`);
        const contract = contracts.find(({ address }) => address === image.contract)!;
        await sendCall(contract, 'retire', encodeCall('retire', imageKey, reason), gas.retireGas);
        if ((await contract.image(imageKey)).state !== 'retired') throw withoutEffect('retire', imageKey);
      }),

    withdraw: (imageKey) =>
      inTurn(imageKey, async () => {
        const image = await newest.image(imageKey);
        if (image.state !== 'announced' || image.siteId !== (await currentSiteId())) return;
        await sendCall(newest, 'withdraw', withdrawStep(imageKey).data, gas.withdrawGas);
        if ((await newest.image(imageKey)).state === 'announced') throw withoutEffect('withdraw', imageKey);
      }),

    getImage: async (imageKey) => {
      const image = await findImage(contracts, imageKey);
      if (!image) return undefined;
      const { contract, patientKey, siteId: owner, state, sha256, byteCount } = image;
      return { contract, imageKey, patientKey, siteId: owner, state, sha256, byteCount };
    },

    readPieces: (body, from, count) => reader.readPieces(body, from, count),
    readBody: (body) => reader.readBody(body),
    isHeldTwice: async () => true,
    follow: (followOptions) => follow({ rpc, heads, contracts: addresses, log }, followOptions),

    health: async () => {
      const latest = await rpc.block('latest').catch(() => undefined);
      return {
        reachable: latest !== undefined,
        chainId,
        head: latest && { number: latest.number, hash: latest.hash },
        outboxTransactions: sender.pendingTransactions,
        outboxBytes: sender.pendingBytes,
        windowBytes,
        nodes: nodes.status(),
        alarms: [
          ...(confirmations.alarm === undefined
            ? []
            : [{ code: 'chain-stalled' as const, sentence: confirmations.alarm, stopsStoring: false }]),
          ...(sender.alarm === undefined
            ? []
            : [{ code: 'not-taken' as const, sentence: sender.alarm, stopsStoring: false }]),
        ],
        reverted: { count: 0, newest: [] },
      };
    },

    close: async () => {
      closing.abort();
      await sender.close();
      heads.close();
      await confirmations.ended;
      await Promise.allSettled(active.values());
    },
  };
}

function requireLimits({
  pieceBytes,
  maxPieceBytes,
  blockGas,
}: Record<'pieceBytes' | 'maxPieceBytes' | 'blockGas', number>): void {
  if (pieceBytes > maxPieceBytes)
    throw new LedgerError(
      'misconfigured',
      `PIECE_BYTES is ${pieceBytes}; the contract takes at most ${maxPieceBytes}.`,
    );
  if (blockGas < gas.maxTransactionGas)
    throw new LedgerError(
      'misconfigured',
      `The chain's blocks hold ${blockGas} gas; ${gas.maxTransactionGas} is the least that images need.`,
    );
}

function withoutEffect(name: string, imageKey: Hex): LedgerError {
  const message = `A block took the ${name} of image ${imageKey} without effect: try again.`;
  return new LedgerError('chain-refused', message, { details: { reason: `${name} had no effect` }, retryable: true });
}
