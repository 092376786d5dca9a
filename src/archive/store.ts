import type { Catalog, CatalogInstance } from '../catalog/catalog.js';
import { decodeHeader, encodeHeader } from '../dicom/header-codec.js';
import type { Pictures } from '../dicom/preview.js';
import { LedgerError } from '../errors.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Log } from '../log.js';
import type { Archive, IncomingPart } from './archive.js';
import { type Content, readContent } from './content.js';
import type { LedgerKeys } from './keys.js';
import { type Outcome, reason } from './outcome.js';
import { outcomeOfError } from './outcome-of-error.js';
import type { Progress } from './progress.js';
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
  const closing = new AbortController();

  const receive = async (part: IncomingPart): Promise<{ outcome: Promise<Outcome> }> => {
    const share = await window.enter();
    const { body, ...label } = part;
    let spooled: SpooledPart;
    try {
      spooled = await spool.write(label, body);
    } catch (error) {
      share.leave();
      if (body.errored) throw error;
      for await (const _ of body) void _;
      logUnforeseen(error);
      return { outcome: Promise.resolve(outcomeOfError(error)) };
    }
    share.grow(spooled.bytes.byteCount);
    const { acknowledged, finished } = begin(spooled);
    void finished.finally(() => share.leave());
    return { outcome: acknowledged };
  };

  /** Neither promise rejects. */
  const begin = (part: SpooledPart): { acknowledged: Promise<Outcome>; finished: Promise<unknown> } => {
    const started = start(part).catch(async (error: unknown) => {
      logUnforeseen(error);
      await part.discard();
      const outcome = Promise.resolve(outcomeOfError(error));
      return { acknowledged: outcome, finished: outcome };
    });
    return {
      acknowledged: started.then(({ acknowledged }) => acknowledged),
      finished: started.then(({ finished }) => finished),
    };
  };

  const start = async (part: SpooledPart): Promise<{ acknowledged: Promise<Outcome>; finished: Promise<Outcome> }> => {
    const settled = async (outcome: Outcome) => {
      await part.discard();
      return { acknowledged: Promise.resolve(outcome), finished: Promise.resolve(outcome) };
    };
    const content = await readContent(part, options);
    if (content.kind !== 'content') return settled(content);
    const { StudyInstanceUID, SOPInstanceUID, SOPClassUID } = content.identity;

    for (let other = inFlight.get(SOPInstanceUID); other; other = inFlight.get(SOPInstanceUID)) {
      // One image file can be sent for two studies: the second is told of the first's when that has been stored.
      const sameStudy = other.StudyInstanceUID === StudyInstanceUID;
      if (sameStudy && isSame(other, { sha256: part.sha256, header: content.header })) {
        await part.discard();
        const outcome = other.acknowledged.then((first) =>
          first.kind === 'stored' ? { ...first, alreadyThere: true } : first,
        );
        return { acknowledged: outcome, finished: outcome };
      }
      await other.finished;
    }
    const there = catalog.image(keys.imageKey(SOPInstanceUID));
    if (there && there.state !== 'announced') return settled(outcomeOfPresent(there, part, content));

    const accepted = withResolvers<Outcome>();
    const finished = send(part, content, () => accepted.resolve(storedOutcome(content, false)))
      .catch((error: unknown) => {
        logUnforeseen(error);
        return outcomeOfError(error, { SOPClassUID, SOPInstanceUID });
      })
      .finally(async () => {
        inFlight.delete(SOPInstanceUID);
        await (closing.signal.aborted ? part.close() : part.discard());
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

  /** Preview, announcement, pieces, seal; resolves when the follower has projected the seal at the asked depth. */
  const send = async (
    part: SpooledPart,
    { header, identity, warning }: Content,
    onAccepted: () => void,
  ): Promise<Outcome> => {
    const { StudyInstanceUID, SOPInstanceUID } = identity;
    const imageKey = keys.imageKey(SOPInstanceUID);
    const ticket = ledger.store({
      imageKey,
      patientKey: keys.patientKey({
        PatientID: identity.PatientID,
        IssuerOfPatientID: identity.IssuerOfPatientID || options.patientIdIssuer,
        StudyInstanceUID,
      }),
      header: encodeHeader(header),
      preview: await pictures.preview(header, part.bytes),
      instance: { ...part.bytes, sha256: `0x${part.sha256}` },
    });
    ticket.accepted.then(onAccepted, () => undefined);
    const depth = BigInt(options.acknowledge === 'final' ? ledger.depths.final : ledger.depths.sealed);
    const visible = new AbortController();
    const projected = progress.until(
      () => {
        const block = catalog.image(imageKey)?.sealedBlock;
        return block !== undefined && progress.head !== undefined && progress.head.number >= block + depth - 1n
          ? true
          : undefined;
      },
      AbortSignal.any([visible.signal, closing.signal]),
    );
    try {
      await Promise.all([projected, ticket.mined]);
    } catch (error) {
      visible.abort();
      throw error;
    }
    return storedOutcome({ identity, warning }, false);
  };

  const logUnforeseen = (error: unknown): void => {
    if (!(error instanceof LedgerError)) log.error({ error }, 'An instance could not be processed.');
  };

  return {
    receive,
    recover: async () => {
      for await (const part of spool.leftovers()) {
        const share = await window.enter();
        share.grow(part.bytes.byteCount);
        void begin(part)
          .finished.then(() =>
            log.info({ byteCount: part.bytes.byteCount }, 'An instance left in the spool was finished.'),
          )
          .finally(() => share.leave());
      }
    },
    close: async () => {
      closing.abort(new LedgerError('unavailable', 'The server is stopping; send again.', { retryable: true }));
      await Promise.all([...inFlight.values()].map(({ finished }) => finished));
    },
  };
}

type Uids = Pick<Content['identity'], 'StudyInstanceUID' | 'SeriesInstanceUID' | 'SOPInstanceUID' | 'SOPClassUID'>;

function storedOutcome(
  { identity, warning }: { identity: Uids } & Pick<Content, 'warning'>,
  alreadyThere: boolean,
): Outcome {
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SOPClassUID } = identity;
  return {
    kind: 'stored',
    StudyInstanceUID,
    SeriesInstanceUID,
    SOPInstanceUID,
    SOPClassUID,
    alreadyThere,
    ...(warning && { warning }),
  };
}

/** The instance is on the chain: equal content is success, nothing is written. */
function outcomeOfPresent(there: CatalogInstance, part: SpooledPart, content: Content): Outcome {
  const { SOPInstanceUID, SOPClassUID } = content.identity;
  if (there.state === 'retired') {
    const message = 'The instance was retired and cannot be stored again.';
    return { kind: 'refused', reason: reason.processingFailure, message, SOPInstanceUID, SOPClassUID };
  }
  const same = isSame(
    { sha256: there.sha256, header: decodeHeader(there.header) },
    { sha256: part.sha256, header: content.header },
  );
  const wantedStudy = part.StudyInstanceUID ?? part.image?.StudyInstanceUID;
  if (same && wantedStudy !== undefined && wantedStudy !== there.StudyInstanceUID) {
    const message = `The same image is stored in study ${there.StudyInstanceUID} and can be in one study only.`;
    return { kind: 'refused', reason: reason.dataSetMismatch, message, SOPInstanceUID, SOPClassUID };
  }
  if (same) return storedOutcome({ ...content, identity: there }, true);
  const message = 'Another content is stored under this SOP Instance UID; give the changed object a UID of its own.';
  return { kind: 'refused', reason: reason.duplicateSopInstance, message, SOPInstanceUID, SOPClassUID };
}

type Comparable = { sha256: string; header: Content['header'] };

/** Equal bytes, or equal transfer syntax and data set under another File Meta. */
function isSame(a: Comparable, b: Comparable): boolean {
  return (
    a.sha256 === b.sha256 ||
    (a.header.source === b.header.source &&
      a.header.transferSyntaxUID === b.header.transferSyntaxUID &&
      a.header.dataSetSha256 === b.header.dataSetSha256 &&
      a.header.source === 'part10')
  );
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
