import type { Readable } from 'node:stream';
import type { Catalog } from '../catalog/catalog.js';
import { encodeHeader } from '../dicom/header-codec.js';
import type { Pictures } from '../dicom/preview.js';
import { LedgerError } from '../errors.js';
import type { Ledger, StoreTicket } from '../ledger/ledger.js';
import type { Log } from '../log.js';
import type { Archive, IncomingPart } from './archive.js';
import { type Content, readContent } from './content.js';
import type { LedgerKeys } from './keys.js';
import type { Outcome } from './outcome.js';
import { isForTheLog, outcomeOfError } from './outcome-of-error.js';
import { isSameContent, outcomeOfPresent, storedOutcome } from './outcome-of-present.js';
import type { Progress } from './progress.js';
import { readAnnouncedHeader } from './project.js';
import type { Spool, SpooledPart } from './spool.js';
import { createStoreWindow } from './store-window.js';

export interface StoreDependencies {
  ledger: Ledger;
  catalog: Catalog;
  keys: LedgerKeys;
  spool: Spool;
  pictures: Pictures;
  progress: Progress;
  log: Log;
}

export interface StoreOptions {
  windowBytes: number;
  acknowledge: 'accepted' | 'sealed' | 'final';
  patientIdIssuer: string;
}

export interface Store {
  receive: Archive['receive'];
  /** Finishes what an earlier process left in the spool. Resolves when every part of it is under way. */
  recover(): Promise<void>;
  /** Lets what is in flight go; its spool files stay for the next start. */
  close(): Promise<void>;
}

/** An instance on its way. `acknowledged` answers the request, `finished` is when its spool file is gone. */
interface InFlight {
  StudyInstanceUID: string;
  sha256: string;
  header: Content['header'];
  acknowledged: Promise<Outcome>;
  finished: Promise<Outcome>;
}

export function openStore(dependencies: StoreDependencies, options: StoreOptions): Store {
  const { ledger, catalog, keys, spool, pictures, progress, log } = dependencies;
  const window = createStoreWindow(options.windowBytes);
  const inFlight = new Map<string, InFlight>();
  /** Everything that has begun and still holds its spool file. */
  const underWay = new Set<Promise<unknown>>();
  const closing = new AbortController();

  const receive = async (part: IncomingPart): Promise<{ outcome: Promise<Outcome> }> => {
    closing.signal.throwIfAborted();
    const share = await window.enter();
    const { body, ...label } = part;
    let spooled: SpooledPart;
    try {
      closing.signal.throwIfAborted();
      spooled = await spool.write(label, body);
    } catch (error) {
      share.leave();
      if (closing.signal.aborted || body.errored) throw error;
      logFailure(error);
      await drain(body, spool.maxInstanceBytes);
      return { outcome: Promise.resolve(outcomeOfError(error)) };
    }
    share.grow(spooled.bytes.byteCount);
    const { acknowledged, finished } = begin(spooled, { isOwed: false });
    void finished.then(() => share.leave());
    return { outcome: acknowledged };
  };

  /** Neither promise rejects. `isOwed`: a client may have been told that it is stored. */
  const begin = (
    part: SpooledPart,
    { isOwed }: { isOwed: boolean },
  ): { acknowledged: Promise<Outcome>; finished: Promise<Outcome> } => {
    const started = start(part, isOwed).catch(async (error: unknown) => {
      logFailure(error);
      await release(part, isOwed);
      const outcome = Promise.resolve(outcomeOfError(error));
      return { acknowledged: outcome, finished: outcome };
    });
    const finished = started.then((story) => story.finished);
    underWay.add(finished);
    void finished.then(() => underWay.delete(finished));
    return { acknowledged: started.then((story) => story.acknowledged), finished };
  };

  const start = async (
    part: SpooledPart,
    isOwed: boolean,
  ): Promise<{ acknowledged: Promise<Outcome>; finished: Promise<Outcome> }> => {
    const settled = async (outcome: Outcome) => {
      await release(part, false);
      return { acknowledged: Promise.resolve(outcome), finished: Promise.resolve(outcome) };
    };
    const content = await readContent(part, options);
    closing.signal.throwIfAborted();
    if (content.kind !== 'content') return settled(content);
    const { StudyInstanceUID, SOPInstanceUID } = content.identity;

    for (let other = inFlight.get(SOPInstanceUID); other; other = inFlight.get(SOPInstanceUID)) {
      // One image file can be sent for two studies: the second is told of the first's when that has been stored.
      const sameStudy = other.StudyInstanceUID === StudyInstanceUID;
      if (sameStudy && isSameContent(other, { sha256: part.sha256, header: content.header })) {
        await release(part, isOwed);
        const outcome = other.acknowledged.then((first) =>
          first.kind === 'stored' ? { ...first, alreadyThere: true } : first,
        );
        return { acknowledged: outcome, finished: outcome };
      }
      await other.finished;
    }
    closing.signal.throwIfAborted();
    const there = catalog.image(keys.imageKey(SOPInstanceUID));
    if (there && there.state !== 'announced') return settled(outcomeOfPresent(there, part, content));

    const accepted = withResolvers<Outcome>();
    const finished = finish(part, content, {
      isOwed,
      onAccepted: () => accepted.resolve(storedOutcome(content, false)),
    });
    const acknowledged = options.acknowledge === 'accepted' ? Promise.race([accepted.promise, finished]) : finished;
    inFlight.set(SOPInstanceUID, {
      StudyInstanceUID,
      sha256: part.sha256,
      header: content.header,
      acknowledged,
      finished,
    });
    return { acknowledged, finished };
  };

  /** Sends it and gives its spool file up. Never rejects. */
  const finish = async (
    part: SpooledPart,
    content: Content,
    story: { isOwed: boolean; onAccepted: () => void },
  ): Promise<Outcome> => {
    const { SOPClassUID, SOPInstanceUID } = content.identity;
    let { isOwed } = story;
    let ticket: StoreTicket | undefined;
    let outcome: Outcome;
    try {
      ticket = await send(part, content);
      ticket.accepted.then(
        () => {
          isOwed ||= options.acknowledge === 'accepted';
          story.onAccepted();
        },
        () => undefined,
      );
      await visible(keys.imageKey(SOPInstanceUID), ticket);
      outcome = storedOutcome(content, false);
      isOwed = false;
    } catch (error) {
      logFailure(error);
      outcome = outcomeOfError(error, { SOPClassUID, SOPInstanceUID });
      // Trying again changes nothing about these two.
      const isFinal = error instanceof LedgerError && ['conflict', 'gone'].includes(error.code);
      if (isOwed && !closing.signal.aborted)
        log.error(
          { err: error, SOPInstanceUID },
          isFinal ? 'An accepted instance is refused.' : 'An accepted instance is tried again at the next start.',
        );
      isOwed &&= !isFinal;
    }
    // The ledger reads the file until it has settled; at the end of the server that is when it is closed itself.
    if (closing.signal.aborted && ticket) void ticket.mined.catch(() => undefined).then(() => release(part, true));
    else await release(part, isOwed);
    inFlight.delete(SOPInstanceUID);
    return outcome;
  };

  const send = async (part: SpooledPart, { header, identity }: Content): Promise<StoreTicket> => {
    const headerBytes = encodeHeader(header);
    // What the follower could not read would stay on the chain for ever, and nobody would ever see it.
    readAnnouncedHeader(headerBytes);
    const preview = await pictures.preview(header, part.bytes);
    closing.signal.throwIfAborted();
    return ledger.store({
      imageKey: keys.imageKey(identity.SOPInstanceUID),
      patientKey: keys.patientKey({
        PatientID: identity.PatientID,
        IssuerOfPatientID: identity.IssuerOfPatientID || options.patientIdIssuer,
        StudyInstanceUID: identity.StudyInstanceUID,
      }),
      header: headerBytes,
      preview,
      instance: { ...part.bytes, sha256: `0x${part.sha256}` },
    });
  };

  /** Resolves when the follower has projected the seal at the asked depth. */
  const visible = async (imageKey: string, ticket: StoreTicket): Promise<void> => {
    const depth = BigInt(options.acknowledge === 'final' ? ledger.depths.final : ledger.depths.sealed);
    const failed = new AbortController();
    const projected = progress.until(
      () => {
        const block = catalog.image(imageKey)?.sealedBlock;
        return block !== undefined && progress.head !== undefined && progress.head.number >= block + depth - 1n
          ? true
          : undefined;
      },
      AbortSignal.any([failed.signal, closing.signal]),
    );
    try {
      await Promise.all([projected, ticket.mined]);
    } catch (error) {
      failed.abort();
      throw error;
    }
  };

  const release = async (part: SpooledPart, keep: boolean): Promise<void> => {
    try {
      await (keep || closing.signal.aborted ? part.close() : part.discard());
    } catch (error) {
      log.error({ err: error }, 'A spool file could not be given up.');
    }
  };

  const logFailure = (error: unknown): void => {
    if (isForTheLog(error)) log.error({ err: error }, 'An instance could not be processed.');
  };

  return {
    receive,
    recover: async () => {
      for await (const part of spool.leftovers()) {
        const share = await window.enter();
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

/** Reads on to the next part. Throws `too-large`, and takes nothing more, beyond `maxBytes`: a body may never end. */
async function drain(body: Readable, maxBytes: number): Promise<void> {
  let byteCount = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount <= maxBytes) continue;
    const error = new LedgerError('too-large', 'The part does not end; the rest of the request was not read.');
    body.destroy(error);
    throw error;
  }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
