import { setMaxListeners } from 'node:events';
import type { Catalog } from '../../catalog/catalog.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import { LedgerError } from '../../base/errors.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Log } from '../../base/log.js';
import type { Archive, IncomingPart } from '../archive.js';
import { carry, giveUp, type Story } from '../carry.js';
import { type PartContent, readPart } from './read-part.js';
import { discardRest } from '../drain.js';
import type { Pseudonyms } from '../pseudonyms.js';
import { type Outcome, isForTheLog, outcomeOfError } from '../outcome.js';
import { isSameContent } from './duplicate.js';
import { createChainWait, type ChainWaitOptions } from './chain-wait.js';
import type { Progress } from '../project/progress.js';
import type { AcceptanceEntry, Acceptances } from './acceptances.js';
import type { Spool, SpooledPart } from './spool.js';
import { createConfirmation } from './confirmation.js';
import { createByteBudget, type BudgetShare } from './byte-budget.js';
import { createInFlight } from './in-flight.js';

export interface StoreDependencies {
  ledger: Ledger;
  catalog: Catalog;
  keys: Pseudonyms;
  spool: Spool;
  pictures: PictureWorkers;
  progress: Progress;
  receipts: Acceptances;
  log: Log;
}

export interface StoreOptions {
  windowBytes: number;
  acknowledge: 'accepted' | 'sealed' | 'final';
  patientIdIssuer: string;
  /** Whether instances that gain by it are packed on the chain. */
  packs: boolean;
  patience?: ChainWaitOptions;
}

export interface Store {
  receive: Archive['receive'];
  /** Whether this very content is on its way to the chain. */
  isUnderWay: (entry: AcceptanceEntry) => boolean;
  /** Finishes what an earlier process left in the spool. Resolves when every part of it is under way. */
  recover(): Promise<void>;
  /** Lets what is in flight go; its spool files stay for the next start. */
  close(): Promise<void>;
}

interface InFlight extends Story {
  StudyInstanceUID: string;
  sha256: string;
  header: PartContent['header'];
}

interface Way {
  /** A client may have been told that it is stored. */
  isOwed: boolean;
  /** Its share of the window, if it has one already. */
  held?: BudgetShare | undefined;
}

/** What is accepted waits on disk, up to so many windows; then clients wait. */
const WINDOWS_AHEAD = 64;
/** A request waits so long at most, and so much longer for each MiB: 64 KiB/s is the least that a chain should take. */
const MAX_WAIT_MS = { base: 1_800_000, perMiB: 16_000 };
const WAIT_SENTENCE =
  'The chain takes nothing at present. The instance is kept and goes there as soon as it can; send it again later to see.';
const NO_ROOM_SENTENCE =
  'The chain takes nothing at present, and no more is kept for it; send the instance again later.';

export function openStore(dependencies: StoreDependencies, options: StoreOptions): Store {
  const { spool, log } = dependencies;
  const window = createByteBudget(options.windowBytes);
  const ahead = createByteBudget(WINDOWS_AHEAD * options.windowBytes);
  const isAccepting = options.acknowledge === 'accepted';
  const patience = createChainWait(dependencies, options.patience);
  const standing = createConfirmation(dependencies);
  const contents = createInFlight();
  const inFlight = new Map<string, InFlight>();
  /** Everything that has begun and still holds its spool file. */
  const underWay = new Set<Promise<unknown>>();
  const closing = new AbortController();
  // Every instance that is on its way listens.
  setMaxListeners(0, closing.signal);

  const receive = async (part: IncomingPart): Promise<{ outcome: Promise<Outcome> }> => {
    closing.signal.throwIfAborted();
    const { body, ...label } = part;
    const entering = (isAccepting ? ahead : window).enter();
    let spooled: SpooledPart;
    try {
      await patience.within(entering, { maxWaitMs: MAX_WAIT_MS.base, sentence: NO_ROOM_SENTENCE });
      closing.signal.throwIfAborted();
      spooled = await spool.write(label, body);
    } catch (error) {
      void entering.then((share) => share.leave());
      if (closing.signal.aborted || body.errored) throw error;
      logFailure(error);
      await discardRest(body, spool.maxInstanceBytes);
      return { outcome: Promise.resolve(outcomeOfError(error)) };
    }
    const share = await entering;
    const { byteCount } = spooled.bytes;
    share.grow(byteCount);
    const { answered, finished } = begin(spooled, { isOwed: false, held: isAccepting ? undefined : share });
    void finished.then(() => share.leave());
    const maxWaitMs = MAX_WAIT_MS.base + (byteCount / 2 ** 20) * MAX_WAIT_MS.perMiB;
    return { outcome: patience.within(answered, { maxWaitMs, sentence: WAIT_SENTENCE }).catch(outcomeOfError) };
  };

  const begin = (part: SpooledPart, way: Way): Story => {
    const started = start(part, way).catch(async (error: unknown): Promise<Story> => {
      logFailure(error);
      await giveUp({ log }, part, way.isOwed || closing.signal.aborted ? 'close' : 'discard');
      return settled(outcomeOfError(error));
    });
    const finished = started.then((story) => story.finished);
    underWay.add(finished);
    void finished.then(() => underWay.delete(finished));
    return { answered: started.then((story) => story.answered), finished };
  };

  const start = async (part: SpooledPart, { isOwed, held }: Way): Promise<Story> => {
    const content = await readPart(part, options);
    closing.signal.throwIfAborted();
    if (content.kind !== 'content') {
      await giveUp({ log }, part, 'discard');
      return settled(content);
    }
    const { StudyInstanceUID, SOPInstanceUID } = content.identity;
    const { sha256 } = part;
    const { header } = content;

    for (let other = inFlight.get(SOPInstanceUID); other; other = inFlight.get(SOPInstanceUID)) {
      // One image file can be sent for two studies: the second is told of the first's when that has been stored.
      const sameStudy = other.StudyInstanceUID === StudyInstanceUID;
      if (!isOwed && sameStudy && isSameContent(other, { sha256, header })) {
        await giveUp({ log }, part, 'discard');
        contents.add({ SOPInstanceUID, sha256 }, other.finished);
        const joined = other.answered.then((first) =>
          first.kind === 'stored' ? { ...first, sha256, alreadyThere: true } : first,
        );
        return { answered: joined, finished: joined };
      }
      // It may be waiting for this one's room.
      held?.leave();
      await other.finished;
      closing.signal.throwIfAborted();
    }
    const story = carry(
      { ...dependencies, standing, window },
      { ...options, part, content, isOwed, held, signal: closing.signal },
    );
    inFlight.set(SOPInstanceUID, { ...story, StudyInstanceUID, sha256, header });
    void story.finished.then(() => inFlight.delete(SOPInstanceUID));
    contents.add({ SOPInstanceUID, sha256 }, story.finished);
    return story;
  };

  const logFailure = (error: unknown): void => {
    if (isForTheLog(error)) log.error({ err: error }, 'An instance could not be processed.');
  };

  return {
    receive,
    isUnderWay: (entry) => contents.has(entry),
    recover: async () => {
      for await (const part of spool.leftovers()) {
        const share = await ahead.enter();
        if (closing.signal.aborted) return part.close();
        share.grow(part.bytes.byteCount);
        void begin(part, { isOwed: true }).finished.then((outcome) => {
          share.leave();
          const { byteCount } = part.bytes;
          if (outcome.kind === 'stored') log.info({ byteCount }, 'An instance left in the spool was finished.');
          else log.warn({ byteCount, reason: outcome.reason }, 'An instance left in the spool was not stored.');
        });
      }
    },
    close: async () => {
      closing.abort(new LedgerError('unavailable', 'The server is stopping; send again.', { retryable: true }));
      await Promise.all(underWay);
    },
  };
}

function settled(outcome: Outcome): Story {
  return { answered: Promise.resolve(outcome), finished: Promise.resolve(outcome) };
}
