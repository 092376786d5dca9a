import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bufferSource, type ByteSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { ImageContract } from '../contract/image-contract.js';
import { planBody, planPagedBody } from '../contract/chunks.js';
import { requireListable } from '../contract/require-listable.js';
import { reconcile, requireSameContent, type ReconcileDependencies } from './reconcile.js';
import type { Heads } from '../nodes/heads.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import type { ImageToStore } from '../ledger.js';
import { readImageState, type ImageStateDependencies } from './image-state.js';
import type { OwnSite } from '../contract/own-site.js';
import type { IneffectiveLog } from '../contract/ineffective-log.js';
import type { Sent } from '../send/nonce-queue.js';
import {
  encodeBatch,
  planTransactions,
  batchSteps,
  type AlreadyThere,
  type ImageToPlan,
  type TransactionPlan,
  type Batch,
  type Step,
} from './transaction-plan.js';

/** An image is sent so often at most when blocks take its transactions without the effect they should have. */
const ATTEMPTS = 3;
const LOOK_AGAIN_MS = 1_000;

export interface StoreImageDependencies extends ImageStateDependencies, Omit<ReconcileDependencies, 'siteId'> {
  heads: Heads;
  ownSite: OwnSite;
  reverts: IneffectiveLog;
  /** The nonce of the last transaction of images that were brought to the chain, as far as it is remembered. */
  lastNonces: { get(imageId: Hex): number | undefined; set(imageId: Hex, nonce: number): unknown };
  pieceBytes: number;
  log: Log;
  signal: AbortSignal;
}

/**
 * Brings an image onto the chain, from whatever is there already, and returns once the contract says it is sealed with
 * this content. A node that cannot be asked ends it with `unavailable` at first; once its announcement is in the outbox, or
 * another site's of the same content on the chain, it is asked again instead. The other site has `rivalMs` to seal it.
 */
export async function storeImage(
  dependencies: StoreImageDependencies,
  image: ImageToStore,
  { rivalMs }: { rivalMs: number },
): Promise<void> {
  const { sender, heads, reverts, log, signal } = dependencies;
  const { imageId } = image;
  await sender.recovered;
  let plan: ImageToPlan | undefined;
  let isAnnounced = false;
  let attempt = 0;
  // A reorganisation may have undone what was brought before: then it is on its way again.
  let lastNonce = dependencies.lastNonces.get(imageId);
  let rivalSinceMs: number | undefined;
  let isOutrun: LedgerError | undefined;

  /** One look at the chain and what follows from it. Returns whether the image is stored. */
  async function step(): Promise<boolean> {
    const seen = heads.count;
    const siteId = await dependencies.ownSite.require();
    const { found, isBehind } = await readImageState(dependencies, imageId, lastNonce);
    if (found?.state === 'sealed' || found?.state === 'retired') {
      // What release 2 announces of the instance is known once it was planned.
      if (found.state === 'sealed' && image.names.release === 2) plan ??= await planImage(dependencies, image);
      requireSameContent(found, plan?.announcement.sha256.instance ?? image.instance.sha256);
    } else if (isBehind) {
      await heads.after(seen, LOOK_AGAIN_MS, signal);
      return false;
    } else plan ??= await planImage(dependencies, image);
    const decision =
      plan === undefined ? ({ kind: 'done' } as const) : await reconcile({ ...dependencies, siteId }, plan, found);
    if (decision.kind === 'done') {
      if (lastNonce !== undefined && found!.siteId !== siteId)
        reverts.add(imageId, 'another site was first', 'same-content');
      return true;
    }
    if (decision.kind === 'wait') {
      isAnnounced = true;
      rivalSinceMs ??= performance.now();
      if (performance.now() - rivalSinceMs >= rivalMs) throw (isOutrun = heldByRival(imageId, decision.rival));
      await heads.after(seen, LOOK_AGAIN_MS, signal);
      return false;
    }
    if (lastNonce !== undefined) {
      const hopeless = await explain(dependencies, plan!, decision.there, ++attempt);
      lastNonce = undefined;
      if (hopeless) throw hopeless;
    }
    const last = await queueMissing(plan!, decision.there);
    await last.mined;
    lastNonce = last.nonce;
    dependencies.lastNonces.set(imageId, lastNonce);
    return false;
  }

  /** Queues what the chain does not have, in order; returns the last transaction. */
  async function queueMissing(whole: ImageToPlan, there: AlreadyThere): Promise<Sent> {
    const { head, batches } = batchesOf(planTransactions(whole, there));
    let bytesLeft = 0;
    for (const { byteCount } of batches()) bytesLeft += byteCount;
    if (head === 0) isAnnounced = true;

    let last: Sent | undefined;
    let i = 0;
    for (const batch of batches()) {
      const request = { byteCount: batch.byteCount, urgent: i < head, bytesLeft };
      bytesLeft -= batch.byteCount;
      last = await sender.send(request, async () => {
        // A site that is dismissed in the middle of a large image stops there.
        await dependencies.ownSite.require();
        return { to: dependencies.contracts[0]!.address, data: await encodeBatch(batch), gas: batch.gas };
      });
      // What is signed is written and sent while the next is encoded, and others get their turn.
      await nextTurn();
      if (++i === head)
        last.saved.then(
          () => (isAnnounced = true),
          () => undefined,
        );
    }
    return last!;
  }

  for (;;) {
    try {
      if (signal.aborted) throw new LedgerError('unavailable', 'The server is stopping.', { retryable: true });
      if (await step()) return;
    } catch (error) {
      const code = error instanceof LedgerError ? error.code : undefined;
      if (code === 'unavailable' && isAnnounced && error !== isOutrun && !signal.aborted) {
        log.warn({ err: error, imageId }, 'The chain could not be asked about an image; it is tried again');
        await heads.after(heads.count, LOOK_AGAIN_MS, signal);
        continue;
      }
      if (lastNonce !== undefined && (code === 'conflict' || code === 'gone'))
        reverts.add(imageId, code === 'gone' ? 'it was retired' : 'another site was first', 'other-content');
      if (lastNonce !== undefined && code === 'site-not-admitted')
        reverts.add(imageId, 'the site is not admitted any more', 'failed');
      throw error;
    }
  }
}

async function planImage({ contracts, pieceBytes }: StoreImageDependencies, image: ImageToStore): Promise<ImageToPlan> {
  const [{ address, calls }] = contracts as [ImageContract];
  const contract = fromHex(address);
  const { names, instance: source } = image;
  requireListable('header', { byteCount: image.header.length, pieceBytes });
  requireListable('instance', { byteCount: source.byteCount, pieceBytes });
  const hash = createHash('sha256');
  // It is read once, in order.
  const hashed: ByteSource = {
    byteCount: source.byteCount,
    read: async (offset, byteCount) => {
      const bytes = await source.read(offset, byteCount);
      hash.update(bytes);
      return bytes;
    },
  };
  const instance = await planPagedBody(contract, names.release === 1 ? source : hashed, pieceBytes);
  const ofInstance = names.release === 1 ? source.sha256 : toHex(hash.digest());
  // Other threads may have made it meanwhile.
  const small = { header: image.header, preview: await image.preview };
  requireListable('preview', { byteCount: small.preview.length, pieceBytes });
  const [header, preview] = await Promise.all(
    [small.header, small.preview].map((bytes) => planBody(contract, bufferSource(bytes), pieceBytes)),
  );
  const sha256 = { header: digest(small.header), preview: digest(small.preview), instance: ofInstance };
  const scheme = source.scheme ?? 0;
  const announcement = { names, pieceBytes, header: header!, preview: preview!, instance, scheme, sha256 };
  return {
    ...{ imageId: image.imageId, calls, announcement, instance },
    ...small,
    source,
  };
}

function heldByRival(imageId: Hex, rival: { siteId: number; takeoverBlock: bigint }): LedgerError {
  const { siteId, takeoverBlock } = rival;
  const message = `Site ${siteId} has announced the image ${imageId} and not sealed it; it can be taken over from block ${takeoverBlock} on.`;
  return new LedgerError('unavailable', message, { retryable: true, details: rival });
}

/** What goes as one transaction each, made anew each time, and how many of them are the head. What fits one goes as one. */
function batchesOf({ head, bulk }: TransactionPlan): { head: number; batches: () => Iterable<Batch> } {
  function* all(): Generator<Step> {
    yield* head;
    yield* bulk();
  }
  const whole = batchSteps(all());
  whole.next();
  if (whole.next().done) return { head: 1, batches: () => batchSteps(all()) };
  const heads = [...batchSteps(head)];
  return {
    head: heads.length,
    batches: function* () {
      yield* heads;
      yield* batchSteps(bulk());
    },
  };
}

/** Lists that blocks took the image's transactions without effect; returns why sending it again cannot help, if so. */
async function explain(
  dependencies: StoreImageDependencies,
  plan: ImageToPlan,
  there: AlreadyThere,
  attempt: number,
): Promise<LedgerError | undefined> {
  const { reverts, log, contracts, sender } = dependencies;
  const { imageId } = plan;
  const { head, bulk } = planTransactions(plan, there);
  const [first] = batchSteps(head.length > 0 ? head : bulk());
  const refusal = await contracts[0]!.simulate(`image ${imageId}`, await encodeBatch(first!), sender.account).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof LedgerError && error.code !== 'unavailable') return error;
      throw error;
    },
  );
  if (refusal?.code === 'site-not-admitted') dependencies.ownSite.doubt();
  const isFinal = attempt >= ATTEMPTS || refusal?.code === 'site-not-admitted';
  const reason = reasonOf(refusal);
  log.warn({ imageId, attempt, reason }, 'Blocks took the transactions of an image without effect');
  reverts.add(imageId, reason, isFinal ? 'failed' : 'sent-again');
  if (!isFinal || refusal) return isFinal ? refusal : undefined;
  const message = `The chain took the transactions of image ${imageId} ${attempt} times without effect.`;
  return new LedgerError('chain-refused', message, { details: { reason: 'no effect' } });
}

function reasonOf(refusal: LedgerError | undefined): string {
  const reason = refusal?.details.reason;
  return typeof reason === 'string' ? reason : 'blocks were undone, or another transaction was first';
}

function digest(bytes: Buffer): Hex {
  return toHex(createHash('sha256').update(bytes).digest());
}
