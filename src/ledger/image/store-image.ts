import { createHash } from 'node:crypto';
import { bufferSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { planBody, planPagedBody } from '../contract/chunks.js';
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
  lastNonces: { get(imageKey: Hex): number | undefined; set(imageKey: Hex, nonce: number): unknown };
  pieceBytes: number;
  log: Log;
  signal: AbortSignal;
}

/**
 * Brings an image onto the chain, from whatever is there already, and returns once the contract says it is sealed with
 * this content. `onAccepted` is called when its announcement, or another site's of the same content, is in the outbox or
 * on the chain; from then on a node that cannot be asked is asked again.
 */
export async function storeImage(
  dependencies: StoreImageDependencies,
  image: ImageToStore,
  onAccepted: () => void,
): Promise<void> {
  const { sender, heads, reverts, log, signal } = dependencies;
  const { imageKey } = image;
  await sender.recovered;
  let plan: ImageToPlan | undefined;
  let isAccepted = false;
  let attempt = 0;
  // A reorganisation may have undone what was brought before: then it is on its way again.
  let lastNonce = dependencies.lastNonces.get(imageKey);

  function accept(): void {
    isAccepted = true;
    onAccepted();
  }

  /** One look at the chain and what follows from it. Returns whether the image is stored. */
  async function step(): Promise<boolean> {
    const seen = heads.count;
    const siteId = await dependencies.ownSite.require();
    const { found, isBehind } = await readImageState(dependencies, imageKey, lastNonce);
    if (found?.state === 'sealed' || found?.state === 'retired') requireSameContent(found, image);
    else if (isBehind) {
      await heads.after(seen, LOOK_AGAIN_MS, signal);
      return false;
    } else plan ??= await planImage(dependencies, image);
    const decision =
      plan === undefined ? ({ kind: 'done' } as const) : await reconcile({ ...dependencies, siteId }, plan, found);
    if (decision.kind === 'done') {
      if (lastNonce !== undefined && found!.siteId !== siteId)
        reverts.add(imageKey, 'another site was first', 'same-content');
      accept();
      return true;
    }
    if (decision.kind === 'wait') {
      accept();
      await heads.after(seen, LOOK_AGAIN_MS, signal);
      return false;
    }
    if (lastNonce !== undefined) {
      const hopeless = await explain(dependencies, plan!, decision.there, ++attempt);
      lastNonce = undefined;
      if (hopeless) throw hopeless;
    }
    const last = await send(dependencies, plan!, decision.there, accept);
    await last.mined;
    lastNonce = last.nonce;
    dependencies.lastNonces.set(imageKey, lastNonce);
    return false;
  }

  for (;;) {
    try {
      if (signal.aborted) throw new LedgerError('unavailable', 'The server is stopping.', { retryable: true });
      if (await step()) return;
    } catch (error) {
      const code = error instanceof LedgerError ? error.code : undefined;
      if (code === 'unavailable' && isAccepted && !signal.aborted) {
        log.warn({ err: error, imageKey }, 'The chain could not be asked about an image; it is tried again');
        await heads.after(heads.count, LOOK_AGAIN_MS, signal);
        continue;
      }
      if (lastNonce !== undefined && (code === 'conflict' || code === 'gone'))
        reverts.add(imageKey, code === 'gone' ? 'it was retired' : 'another site was first', 'other-content');
      if (lastNonce !== undefined && code === 'not-authorized')
        reverts.add(imageKey, 'the site is not admitted any more', 'failed');
      throw error;
    }
  }
}

async function planImage({ contracts, pieceBytes }: StoreImageDependencies, image: ImageToStore): Promise<ImageToPlan> {
  const contract = fromHex(contracts[0]!.address);
  const [header, preview] = await Promise.all(
    [image.header, image.preview].map((bytes) => planBody(contract, bufferSource(bytes), pieceBytes)),
  );
  const instance = await planPagedBody(contract, image.instance, pieceBytes);
  const sha256 = { header: digest(image.header), preview: digest(image.preview), instance: image.instance.sha256 };
  const { imageKey, patientKey } = image;
  const scheme = image.instance.scheme ?? 0;
  const announcement = {
    imageKey,
    patientKey,
    pieceBytes,
    header: header!,
    preview: preview!,
    instance,
    scheme,
    sha256,
  };
  return { announcement, instance, header: image.header, preview: image.preview, source: image.instance };
}

/** Queues what is missing, in order; returns the last transaction. */
async function send(
  dependencies: StoreImageDependencies,
  plan: ImageToPlan,
  there: AlreadyThere,
  onAccepted: () => void,
): Promise<Sent> {
  const { head, packs } = packsOf(planTransactions(plan, there));
  let bytesLeft = 0;
  for (const { byteCount } of packs()) bytesLeft += byteCount;
  if (head === 0) onAccepted();

  let last: Sent | undefined;
  let i = 0;
  for (const pack of packs()) {
    const request = { byteCount: pack.byteCount, urgent: i < head, bytesLeft };
    bytesLeft -= pack.byteCount;
    last = await dependencies.sender.send(request, async () => {
      // A site that is dismissed in the middle of a large image stops there.
      await dependencies.ownSite.require();
      return { to: dependencies.contracts[0]!.address, data: await encodeBatch(pack), gas: pack.gas };
    });
    if (++i === head) last.saved.then(onAccepted, () => undefined);
  }
  return last!;
}

/** What goes as one transaction each, made anew each time, and how many of them are the head. What fits one goes as one. */
function packsOf({ head, bulk }: TransactionPlan): { head: number; packs: () => Iterable<Batch> } {
  function* all(): Generator<Step> {
    yield* head;
    yield* bulk();
  }
  const whole = batchSteps(all());
  whole.next();
  if (whole.next().done) return { head: 1, packs: () => batchSteps(all()) };
  const heads = [...batchSteps(head)];
  return {
    head: heads.length,
    packs: function* () {
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
  const { imageKey } = plan.announcement;
  const { head, bulk } = planTransactions(plan, there);
  const [first] = batchSteps(head.length > 0 ? head : bulk());
  const refusal = await contracts[0]!.rehearse(`image ${imageKey}`, await encodeBatch(first!), sender.account).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof LedgerError && error.code !== 'unavailable') return error;
      throw error;
    },
  );
  if (refusal?.code === 'not-authorized') dependencies.ownSite.doubt();
  const isFinal = attempt >= ATTEMPTS || refusal?.code === 'not-authorized';
  const reason = reasonOf(refusal);
  log.warn({ imageKey, attempt, reason }, 'Blocks took the transactions of an image without effect');
  reverts.add(imageKey, reason, isFinal ? 'failed' : 'sent-again');
  if (!isFinal || refusal) return isFinal ? refusal : undefined;
  const message = `The chain took the transactions of image ${imageKey} ${attempt} times without effect.`;
  return new LedgerError('chain-refused', message, { details: { reason: 'no effect' } });
}

function reasonOf(refusal: LedgerError | undefined): string {
  const reason = refusal?.details.reason;
  return typeof reason === 'string' ? reason : 'blocks were undone, or another transaction was first';
}

function digest(bytes: Buffer): Hex {
  return toHex(createHash('sha256').update(bytes).digest());
}
