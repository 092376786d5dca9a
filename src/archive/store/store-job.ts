import { setTimeout as delay } from 'node:timers/promises';
import { deferred } from '../../base/deferred.js';
import { LedgerError } from '../../base/errors.js';
import { untilAborted } from '../../base/until-aborted.js';
import type { Log } from '../../base/log.js';
import { isSlow } from '../../dicom/render/picture-workers.js';
import type { Ledger } from '../../ledger/ledger.js';
import { isForTheLog, outcomeOfError, type Outcome } from '../outcome.js';
import type { ExtentCache } from '../../pieces/extent-cache.js';
import type { Progress } from '../project/progress.js';
import type { Acceptances } from './acceptances.js';
import type { BudgetShare, ByteBudget } from './byte-budget.js';
import type { Confirmation } from './confirmation.js';
import { storedOutcome } from './outcome-of-duplicate.js';
import { keepForReaders } from './keep-for-readers.js';
import type { Naming } from './naming.js';
import { prepareImage, requireHeader, type ImageSettings, type PrepareImageDependencies } from './prepare-image.js';
import type { PartContent } from './read-part.js';
import { outcomeByContent, type EqualContentDependencies } from './equal-content.js';
import { releasePart, type SpooledPart } from './spool.js';
import { createUidWatch, isRefusal, isRival, type RivalWaits, unsettled } from './uid-watch.js';

/**
 * How far an instance has come. Each pass goes `spooled`, `sending`, `sealed`, `confirmed`, `kept`; one that the chain has
 * already begins at `sealed`. A failure that passes and a reorganisation that takes the seal back lead to `spooled` again,
 * nothing leads away from `kept` and `refused`. When the server stops, the stage stays what it was.
 */
export type StoreStage =
  /** On this site's disk, synced. It waits for room, for its next try, or for what another site does with the same UID. */
  | 'spooled'
  /** Given to the ledger, which takes it over its outbox to the chain. */
  | 'sending'
  /** All of it is in blocks, as the contract or the catalogue says. */
  | 'sealed'
  /** Its seal is as deep as the answer to the client wants it, and a second node has the block. */
  | 'confirmed'
  /** Its seal is `depths.kept` deep, out of reach of reorganisations. */
  | 'kept'
  /** It cannot be stored. */
  | 'refused';

/** One instance on its way from the spool folder to the chain. Neither promise rejects. */
export interface StoreJob {
  readonly stage: StoreStage;
  /** What the client is told; resolves as soon as `acknowledge` allows it, with a refusal at the latest when that is final. */
  readonly answered: Promise<Outcome>;
  /** The last outcome; resolves when the spool file is deleted, set aside, or left to the next start of the server. */
  readonly finished: Promise<Outcome>;
}

export interface StoreJobDependencies
  extends PrepareImageDependencies, Pick<EqualContentDependencies, 'storedContent'> {
  ledger: Ledger;
  naming: Naming;
  progress: Progress;
  confirmation: Confirmation;
  acceptances: Acceptances;
  cache?: ExtentCache;
  /** Of the bytes that go to the chain at the same time. */
  budget: ByteBudget;
  settings: StoreJobSettings;
  waits: RivalWaits;
  log: Log;
  /** Stops all jobs when the server stops; their spool files stay for the next start. */
  signal: AbortSignal;
}

export interface StoreJobSettings extends ImageSettings {
  /** When the client is answered: at once, at `depths.sealed`, or at `depths.final`. */
  acknowledge: 'accepted' | 'sealed' | 'final';
}

export interface StoreJobParameters {
  part: SpooledPart;
  content: PartContent;
  /**
   * A client may have been told that it is stored; then it is tried for ever, unless the chain has other content in its place, or no
   * preview can be made in time.
   */
  isPromised: boolean;
  /** Its share of the budget; without one it queues for it. */
  share: BudgetShare | undefined;
}

const RETRY_MS = { first: 1000, most: 60_000 };
/** How often the preview of what was promised may take too long: a picture can be made so that it always does. */
const PROMISED_SLOW_TRIES = 10;

/**
 * Brings one spooled instance to the chain and stays with it until no reorganisation can take its seal back: what one takes back
 * is sent again from the spool file, which is not given up before.
 */
export function startStoreJob(dependencies: StoreJobDependencies, parameters: StoreJobParameters): StoreJob {
  const { ledger, confirmation, acceptances, log, signal, waits } = dependencies;
  const { acknowledge } = dependencies.settings;
  const { part, content } = parameters;
  const { depths } = ledger;
  const { SOPClassUID, SOPInstanceUID } = content.identity;
  const IssuerOfPatientID = content.identity.IssuerOfPatientID || dependencies.settings.patientIdIssuer;
  const named = dependencies.naming.instance({ ...content.identity, IssuerOfPatientID });
  const uid = createUidWatch(dependencies, { named, part, content });
  const entry = { SOPInstanceUID, sha256: part.sha256 };
  const answered = deferred<Outcome>();
  let stage: StoreStage = 'spooled';
  let { isPromised, share } = parameters;
  let slowTries = 0;
  /** Settles when nothing reads the spool file any more. */
  let fileIsRead: Promise<unknown> = Promise.resolve();

  /** From the spool to its last outcome. Rejects when the server stops, or when its acceptance cannot be written. */
  async function run(): Promise<Outcome> {
    if (acknowledge === 'accepted' && !isPromised) {
      const now = uid.now();
      const there = now === 'unsettled' ? undefined : now;
      if (there?.kind === 'refused') return there;
      // What cannot be stored is not to be promised.
      requireHeader(dependencies.settings, { part, content, named });
      await acceptances.forget(entry);
      promise(there ?? storedOutcome(content, { sha256: part.sha256, alreadyThere: false }));
    }
    share ??= await dependencies.budget.enter();
    for (let retryMs = RETRY_MS.first; ; retryMs = Math.min(2 * retryMs, RETRY_MS.most)) {
      signal.throwIfAborted();
      share.grow(part.bytes.byteCount);
      try {
        const outcome = await pass(share);
        if (outcome) return outcome;
        stage = 'spooled';
        log.warn(
          { SOPInstanceUID },
          'An instance is not sealed any more, or not yet seen so; it is looked after again.',
        );
        retryMs = RETRY_MS.first;
      } catch (error) {
        signal.throwIfAborted();
        stage = 'spooled';
        // While no node answers it keeps its share: others would not get to the chain either.
        if (codeOf(error) !== 'unavailable' || isRival(error) || isRefusal(error)) share.leave();
        const outcome = await outcomeOfFailure(error, retryMs);
        if (outcome) return outcome;
      }
    }
  }

  /** Sends it unless it is there, and waits for its depths. Undefined when a reorganisation took it back. */
  async function pass(held: BudgetShare): Promise<Outcome | undefined> {
    // Others need not wait for what may take some seconds.
    if (uid.now() === 'unsettled') held.leave();
    const before = await uid.settled();
    if (before?.kind === 'refused') return before;
    held.grow(part.bytes.byteCount);
    if (!before) {
      const prepared = prepareImage(dependencies, { part, content, named });
      fileIsRead = prepared.then(({ preview }) => preview).catch(() => undefined);
      const image = await untilAborted(prepared, signal);
      stage = 'sending';
      const stored = ledger.store(image, { rivalMs: uid.isHidden() ? 0 : waits.rivalMs });
      fileIsRead = Promise.allSettled([stored, image.preview]);
      await untilAborted(stored, signal);
    }
    stage = 'sealed';

    const depth = acknowledge === 'final' ? depths.final : depths.sealed;
    if (!(await stands(depth))) return undefined;
    const confirmed = await uid.settled();
    if (confirmed?.kind !== 'stored') return confirmed;
    stage = 'confirmed';
    const outcome: Outcome = { ...confirmed, alreadyThere: before !== undefined };

    if (depth < depths.kept) {
      held.leave();
      promise(outcome);
      if (!(await stands(depths.kept))) return undefined;
      const kept = await uid.settled();
      if (kept?.kind !== 'stored') return kept;
    }
    stage = 'kept';
    return outcome;
  }

  /** Tells the client that it is stored, though the chain may still take it back. */
  function promise(outcome: Outcome): void {
    isPromised = true;
    answered.resolve(outcome);
  }

  /** Whether its seal has come to that depth; false when it is undone. */
  async function stands(depth: number): Promise<boolean> {
    const confirmed = await confirmation.reached(named, { depth, signal });
    if (confirmed === 'foreign') throw unsettled(undefined);
    return confirmed === 'stands';
  }

  /** The last outcome after a failure; undefined when it is time for the next try. */
  async function outcomeOfFailure(error: unknown, retryMs: number): Promise<Outcome | undefined> {
    if (isForTheLog(error)) log.error({ err: error }, 'An instance could not be stored.');
    let failure = error;
    if (isRefusal(error)) {
      try {
        return await uid.ofRefusal(error, { isPromised });
      } catch (late) {
        failure = late;
      }
    }
    signal.throwIfAborted();
    const code = codeOf(failure);
    const isTooSlow = isSlow(failure) && ++slowTries >= (isPromised ? PROMISED_SLOW_TRIES : 1);
    const mayPass = code === 'unavailable' && !isRival(failure);
    if (code === 'too-large' || isTooSlow || !(mayPass || isPromised))
      return outcomeOfError(failure, { SOPClassUID, SOPInstanceUID });
    log.warn({ err: failure, SOPInstanceUID, retryMs }, 'An instance is not stored yet; it is tried again.');
    await delay(retryMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    return undefined;
  }

  /** Gives the spool file up, or leaves it to the next start. */
  async function release(outcome: Outcome): Promise<void> {
    if (signal.aborted) {
      // The ledger reads the file until it is closed itself, which is after this.
      void fileIsRead.then(() => releasePart({ log }, part, 'close'));
    } else if (outcome.kind === 'stored') {
      if (!outcome.alreadyThere) await keepForReaders(dependencies, { named, part });
      // Of a spool file that a kill leaves behind, the next start finds that it is stored.
      answered.resolve(outcome);
      await releasePart({ log }, part, 'discard');
    } else {
      stage = 'refused';
      if (!isPromised) return releasePart({ log }, part, 'discard');
      const { reason, message } = outcome;
      log.error({ SOPInstanceUID, reason }, 'An accepted instance is refused; its bytes stay in the spool folder.');
      await acceptances.refuse(entry, { reason, message });
      await releasePart({ log }, part, 'setAside');
    }
  }

  const finished = run()
    .then((outcome) => outcomeByContent(dependencies, outcome, { named, part, content }))
    .finally(() => share?.leave())
    .catch((error: unknown) => outcomeOfError(error, { SOPClassUID, SOPInstanceUID }))
    .then(async (outcome) => {
      await release(outcome).catch(async (error: unknown) => {
        log.error({ err: error }, 'The end of a store could not be written down; the next start does it again.');
        await releasePart({ log }, part, 'close');
      });
      answered.resolve(outcome);
      return outcome;
    });

  return {
    get stage() {
      return stage;
    },
    answered: answered.promise,
    finished,
  };
}

function codeOf(error: unknown): LedgerError['code'] {
  return error instanceof LedgerError ? error.code : 'internal';
}
