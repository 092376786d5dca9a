import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import { LedgerError } from '../../base/errors.js';
import { untilAborted } from '../../base/until-aborted.js';
import type { Log } from '../../base/log.js';
import type { ProjectionState } from '../../catalog/catalog.js';
import { rejectionNote, type RejectionNote } from '../../dicom/data-set/rejection-note.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import type { Alarm, Ledger } from '../../ledger/ledger.js';
import type { Archive, IncomingPart } from '../archive.js';
import { isForTheLog, type Outcome, outcomeOfError } from '../outcome.js';
import type { ExtentCache } from '../../pieces/extent-cache.js';
import type { Progress } from '../project/progress.js';
import type { AcceptanceEntry, Acceptances } from './acceptances.js';
import { type BudgetShare, createByteBudget } from './byte-budget.js';
import { type ChainWaitOptions, createChainWait } from './chain-wait.js';
import { createConfirmation } from './confirmation.js';
import { isSameContent } from './outcome-of-duplicate.js';
import { createInFlight } from './in-flight.js';
import type { Naming } from './naming.js';
import type { StoredContent } from './equal-content.js';
import {
  isOtherPatient,
  OTHER_PATIENT_ALARM,
  type PatientIdentity,
  type PatientOfStudy,
  withOtherPatient,
} from './other-patient.js';
import { type PartContent, readPart } from './read-part.js';
import { refuseNamed } from './refuse-named.js';
import { releasePart, type Spool, type SpooledPart } from './spool.js';
import type { StoringCaller, StudiesInFlight, StudyAccess } from './study-access.js';
import type { RivalWaits } from './uid-watch.js';
import { startStoreJob, type StoreJob, type StoreJobSettings } from './store-job.js';

export interface StoreDependencies {
  ledger: Ledger;
  projection: ProjectionState;
  naming: Naming;
  spool: Spool;
  pictures: PictureWorkers;
  progress: Progress;
  acceptances: Acceptances;
  access: StudyAccess;
  storedContent: StoredContent;
  patientOfStudy: PatientOfStudy;
  raiseAlarm: (alarm: Alarm) => void;
  /** What is stored here is kept in it for its readers. */
  cache?: ExtentCache;
  /** Does what a stored rejection note says, on behalf of its sender. */
  reject: (outcome: Outcome, note: RejectionNote, part: SpooledPart) => Promise<Outcome>;
  log: Log;
}

export interface StoreOptions extends StoreJobSettings {
  /** Bytes of the instances that go to the chain at the same time. */
  windowBytes: number;
  /** Whether what names a patient is refused. */
  deidentifiedOnly?: boolean;
  chainWait?: ChainWaitOptions;
  waits?: StoreWaits;
}

/** How long a store waits for others, and for its own seal to be in the catalogue before it asks the contract. */
export interface StoreWaits extends RivalWaits {
  unseenMs: number;
}

export interface Store {
  /** Without a caller it is one who sees everything and labels nothing. */
  receive: (part: IncomingPart & { caller?: StoringCaller }) => ReturnType<Archive['receive']>;
  /** Whether this very content is on its way to the chain. */
  isInFlight: (entry: AcceptanceEntry) => boolean;
  /** The study of an instance that is on its way to the chain, whatever its content. */
  studyInFlight: (SOPInstanceUID: string) => string | undefined;
  /** Finishes what an earlier process left in the spool. Resolves when every part of it is in flight. */
  recover(): Promise<void>;
  /** Answers what is in flight with `unavailable`; its spool files stay for the next start. */
  close(): Promise<void>;
}

/** What becomes of a part that was spooled, whether it has a job of its own, joins another one, or is refused. */
type PartResult = Pick<StoreJob, 'answered' | 'finished'>;

/** A job, with what tells whether another part is the same object. */
interface RunningJob extends PartResult {
  StudyInstanceUID: string;
  sha256: string;
  header: PartContent['header'];
  patient: PatientIdentity;
}

interface Admission {
  /** A client may have been told that it is stored. */
  isPromised: boolean;
  /** Its share of the budget, if it has one already. */
  share?: BudgetShare | undefined;
}

const DEFAULT_WAITS: StoreWaits = { readMs: 5_000, rivalMs: 20_000, unseenMs: 10_000 };
/** With `accepted`, and at a start, as many times `windowBytes` may wait in the spool; then clients wait to be read. */
const SPOOLED_WINDOWS = 64;
/** A request waits so long at most, and so much longer for each MiB: 64 KiB/s is the least that a chain should take. */
const MAX_WAIT_MS = { base: 1_800_000, perMiB: 16_000 };
const WAIT_SENTENCE =
  'The chain takes nothing at present. The instance is kept and goes there as soon as it can; send it again later to see.';
const NO_ROOM_SENTENCE =
  'The chain takes nothing at present, and no more is kept for it; send the instance again later.';

/**
 * Opens the store: it spools what is received, as fast as the budget of bytes allows, and starts one job for each instance that
 * can be stored. Two parts with the same SOP Instance UID never have jobs at the same time.
 */
export function openStore(dependencies: StoreDependencies, options: StoreOptions): Store {
  const { spool, access, log } = dependencies;
  const budget = createByteBudget(options.windowBytes);
  const spoolBudget = createByteBudget(SPOOLED_WINDOWS * options.windowBytes);
  const isAccepting = options.acknowledge === 'accepted';
  const chainWait = createChainWait(dependencies, options.chainWait);
  const closing = new AbortController();
  const { signal } = closing;
  // Every job listens.
  setMaxListeners(0, signal);
  const waits = options.waits ?? DEFAULT_WAITS;
  const confirmation = createConfirmation(dependencies, waits);
  const jobDependencies = { ...dependencies, confirmation, budget, settings: options, waits, signal };
  const inFlight = createInFlight();
  /** By SOP Instance UID. */
  const jobs = new Map<string, RunningJob>();
  /** Of every part that still holds its spool file. */
  const unfinished = new Set<Promise<unknown>>();

  const receive: Store['receive'] = async (part) => {
    signal.throwIfAborted();
    const { body, ...label } = part;
    const entering = (isAccepting ? spoolBudget : budget).enter();
    let spooled: SpooledPart;
    try {
      await chainWait.within(entering, { maxWaitMs: MAX_WAIT_MS.base, sentence: NO_ROOM_SENTENCE });
      signal.throwIfAborted();
      spooled = await spool.write(label, body);
    } catch (error) {
      void entering.then((share) => share.leave());
      if (signal.aborted || body.errored) throw error;
      logFailure(error);
      await discardRest(body, spool.maxInstanceBytes);
      return { outcome: Promise.resolve(outcomeOfError(error)) };
    }
    const share = await entering;
    const { byteCount } = spooled.bytes;
    share.grow(byteCount);
    const { answered, finished } = admit(spooled, { isPromised: false, share: isAccepting ? undefined : share });
    void finished.then(() => share.leave());
    const maxWaitMs = MAX_WAIT_MS.base + (byteCount / 2 ** 20) * MAX_WAIT_MS.perMiB;
    return { outcome: chainWait.within(answered, { maxWaitMs, sentence: WAIT_SENTENCE }).catch(outcomeOfError) };
  };

  const admit = (part: SpooledPart, admission: Admission): PartResult => {
    const started = startOrJoin(part, admission).catch(async (error: unknown): Promise<PartResult> => {
      logFailure(error);
      await releasePart({ log }, part, admission.isPromised || signal.aborted ? 'close' : 'discard');
      return settled(outcomeOfError(error));
    });
    const finished = started.then((result) => result.finished);
    unfinished.add(finished);
    void finished.then(() => unfinished.delete(finished));
    return { answered: started.then((result) => result.answered), finished };
  };

  /** Starts the job of a part, when no other job has its UID any more; a part equal to that of another job joins it. */
  const startOrJoin = async (part: SpooledPart, { isPromised, share }: Admission): Promise<PartResult> => {
    const read = await readPart(part, options);
    signal.throwIfAborted();
    if (read.kind !== 'content') {
      await releasePart({ log }, part, 'discard');
      return settled(read);
    }
    // What a client may have been told of goes to the chain, as it was decided then.
    const named = options.deidentifiedOnly && !isPromised ? refuseNamed(read) : undefined;
    if (named) {
      await releasePart({ log }, part, 'discard');
      return settled(named);
    }
    const content = (await isOfOtherPatient(read)) ? withOtherPatient(read) : read;
    const { StudyInstanceUID, SOPInstanceUID } = content.identity;
    const { sha256, caller } = part;
    const { header } = content;
    const refusal = caller && (await access.admit(caller, content.identity, studiesOf));
    if (refusal && !isPromised) {
      await releasePart({ log }, part, 'discard');
      return settled(refusal);
    }
    signal.throwIfAborted();

    for (let other = jobs.get(SOPInstanceUID); other; other = jobs.get(SOPInstanceUID)) {
      // One image file can be sent for two studies: the second is told of the first's when that has been stored.
      const isSameStudy = other.StudyInstanceUID === StudyInstanceUID;
      if (!isPromised && isSameStudy && isSameContent(other, { sha256, header })) {
        await releasePart({ log }, part, 'discard');
        inFlight.add({ SOPInstanceUID, sha256 }, other.finished);
        const joined = other.answered.then((first) =>
          first.kind === 'stored' ? { ...first, sha256, alreadyThere: true } : first,
        );
        return { answered: joined, finished: joined };
      }
      // The other job may be waiting for the bytes that this part holds.
      share?.leave();
      await other.finished;
      signal.throwIfAborted();
    }
    const job = startStoreJob(jobDependencies, { part, content, isPromised, share });
    jobs.set(SOPInstanceUID, {
      answered: job.answered,
      finished: job.finished,
      StudyInstanceUID,
      sha256,
      header,
      patient: content.identity,
    });
    void job.finished.then(() => jobs.delete(SOPInstanceUID));
    inFlight.add({ SOPInstanceUID, sha256 }, job.finished);
    const note = rejectionNote(header);
    // A retirement that the chain does not take holds up no stop.
    const reject = (first: Outcome, said: RejectionNote): Promise<Outcome> =>
      untilAborted(dependencies.reject(first, said, part), signal).catch(outcomeOfError);
    const answered = note ? job.answered.then((first) => reject(first, note)) : job.answered;
    return {
      answered: caller ? answered.then((first) => access.conceal(caller, content.identity, first)) : answered,
      finished: note ? job.finished.then(async (last) => answered.then(() => last)) : job.finished,
    };
  };

  /** Whether its study has another patient, by the catalogue or by what is on its way; that is an alarm. */
  const isOfOtherPatient = async ({ identity }: PartContent): Promise<boolean> => {
    const { StudyInstanceUID } = identity;
    const known = await dependencies.patientOfStudy(StudyInstanceUID);
    const others = [...jobs.values()].filter((job) => job.StudyInstanceUID === StudyInstanceUID);
    const isOther = [...(known ? [known] : []), ...others.map(({ patient }) => patient)].some((patient) =>
      isOtherPatient(patient, identity),
    );
    if (isOther) {
      log.warn({ StudyInstanceUID }, 'An instance is stored into a study of another patient.');
      dependencies.raiseAlarm(OTHER_PATIENT_ALARM);
    }
    return isOther;
  };

  const studiesOf: StudiesInFlight = {
    has: (StudyInstanceUID) => [...jobs.values()].some((job) => job.StudyInstanceUID === StudyInstanceUID),
    of: (SOPInstanceUID) => jobs.get(SOPInstanceUID)?.StudyInstanceUID,
  };

  const logFailure = (error: unknown): void => {
    if (isForTheLog(error)) log.error({ err: error }, 'An instance could not be processed.');
  };

  return {
    receive,
    isInFlight: (entry) => inFlight.has(entry),
    studyInFlight: (SOPInstanceUID) => studiesOf.of(SOPInstanceUID),
    recover: async () => {
      for await (const part of spool.leftovers()) {
        const share = await spoolBudget.enter();
        if (signal.aborted) return part.close();
        share.grow(part.bytes.byteCount);
        void admit(part, { isPromised: true }).finished.then((outcome) => {
          share.leave();
          const { byteCount } = part.bytes;
          if (outcome.kind === 'stored') log.info({ byteCount }, 'An instance left in the spool was finished.');
          else log.warn({ byteCount, reason: outcome.reason }, 'An instance left in the spool was not stored.');
        });
      }
    },
    close: async () => {
      closing.abort(new LedgerError('unavailable', 'The server is stopping; send again.', { retryable: true }));
      await Promise.all(unfinished);
    },
  };
}

function settled(outcome: Outcome): PartResult {
  return { answered: Promise.resolve(outcome), finished: Promise.resolve(outcome) };
}

/**
 * Reads a part that is not wanted to its end, so that the next part of the request can be read. Throws `too-large`, and reads
 * nothing more, when the rest is longer than `maxBytes`: a body may never end.
 */
async function discardRest(body: Readable, maxBytes: number): Promise<void> {
  let byteCount = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount <= maxBytes) continue;
    const error = new LedgerError('too-large', 'The part does not end; the rest of the request was not read.');
    body.destroy(error);
    throw error;
  }
}
