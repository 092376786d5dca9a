import { setTimeout as delay } from 'node:timers/promises';
import type { Catalog } from '../../catalog/catalog.js';
import { encodeHeader } from '../../dicom/metadata/header-codec.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import { LedgerError } from '../../base/errors.js';
import type { Ledger, StoreTicket } from '../../ledger/ledger.js';
import type { Log } from '../../base/log.js';
import { COMPRESSED_SCHEME } from '../../pieces/segment-index.js';
import { compressedSource } from '../../pieces/compressed-source.js';
import type { PartContent } from './read-part.js';
import type { Pseudonyms } from '../pseudonyms.js';
import { type Outcome, isForTheLog, outcomeOfError } from '../outcome.js';
import { outcomeOfDuplicate } from './duplicate.js';
import type { Progress } from '../project/progress.js';
import { readAnnouncedHeader } from '../project/project.js';
import type { SpooledPart } from './spool.js';
import { type Confirmation, UNDONE_BLOCKS } from './confirmation.js';

export interface BringDependencies {
  ledger: Ledger;
  catalog: Catalog;
  keys: Pseudonyms;
  pictures: PictureWorkers;
  progress: Progress;
  standing: Confirmation;
  log: Log;
}

export interface BringOptions {
  part: SpooledPart;
  content: PartContent;
  patientIdIssuer: string;
  /** Whether instances that gain by it are packed. */
  packs: boolean;
  /** Depth in blocks at which it counts as stored; it is over at `ledger.depths.kept`. */
  depth: number;
  signal: AbortSignal;
  /** Called each time before it is sent and waited for. */
  onStart(): void;
  /** Called when it stands at `depth` and only has to stay there, and when the chain has refused it. */
  onPause(): void;
  /** Called with a success that may still be undone. */
  onStored(outcome: Outcome): void;
  /** Whether a client was told that it is stored: then all but another content in its place is tried again for ever. */
  isOwed(): boolean;
  /** The ledger reads the part until the ticket has settled. */
  onSent(ticket: StoreTicket): void;
}

const RETRY_MS = { first: 1000, most: 60_000 };

/**
 * Brings one spooled instance onto the chain and stays with it until its seal is so deep that none undoes it: what a reorganisation
 * takes back is sent again. Resolves with its final outcome; rejects with the signal's reason only.
 */
export async function bringToChain(dependencies: BringDependencies, options: BringOptions): Promise<Outcome> {
  const { catalog, keys, progress, log } = dependencies;
  const { part, content, signal } = options;
  const { SOPClassUID, SOPInstanceUID } = content.identity;
  const imageKey = keys.imageKey(SOPInstanceUID);

  for (let retryMs = RETRY_MS.first; ; retryMs = Math.min(2 * retryMs, RETRY_MS.most)) {
    signal.throwIfAborted();
    options.onStart();
    try {
      const outcome = await attempt(dependencies, options);
      if (outcome) return outcome;
      log.warn({ SOPInstanceUID }, 'An instance is not sealed any more, or not yet seen so; it is looked after again.');
      retryMs = RETRY_MS.first;
    } catch (error) {
      signal.throwIfAborted();
      const code = error instanceof LedgerError ? error.code : 'internal';
      const isPassing = code === 'unavailable';
      // While no node answers it keeps its share of the window: more would not go out either.
      if (!isPassing) options.onPause();
      if (isForTheLog(error)) log.error({ err: error }, 'An instance could not be stored.');
      if (code === 'conflict' || code === 'gone') {
        const there = await projected(dependencies, { imageKey, signal });
        const outcome = there && outcomeOfDuplicate(there, part, content);
        if (outcome?.kind !== 'stored') return outcome ?? outcomeOfError(error, { SOPClassUID, SOPInstanceUID });
        // Another site is about to store the same object in other bytes: its seal decides, or its withdrawal.
        await progress.until(() => catalog.image(imageKey)?.state !== 'announced' || undefined, signal);
        continue;
      }
      if (!isPassing && !options.isOwed()) return outcomeOfError(error, { SOPClassUID, SOPInstanceUID });
      log.warn({ err: error, SOPInstanceUID, retryMs }, 'An instance is not stored yet; it is tried again.');
      await delay(retryMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

/** Resolves with the final outcome, or with undefined when the chain took it back. */
async function attempt(dependencies: BringDependencies, options: BringOptions): Promise<Outcome | undefined> {
  const { ledger, catalog, keys, standing } = dependencies;
  const { part, content, depth, signal } = options;
  const imageKey = keys.imageKey(content.identity.SOPInstanceUID);
  const present = (): Outcome | undefined => {
    const there = catalog.image(imageKey);
    return there && there.state !== 'announced' ? outcomeOfDuplicate(there, part, content) : undefined;
  };

  const before = present();
  if (before?.kind === 'refused') return before;
  if (!before) {
    const ticket = await send(dependencies, options);
    options.onSent(ticket);
    await untilAborted(ticket.mined, signal);
  }
  if ((await standing.reached(imageKey, { depth, signal })) === 'undone') return undefined;
  const found = present();
  if (found?.kind !== 'stored') return found;
  const outcome: Outcome = { ...found, alreadyThere: before !== undefined };
  if (depth >= ledger.depths.kept) return outcome;
  options.onPause();
  options.onStored(outcome);
  if ((await standing.reached(imageKey, { depth: ledger.depths.kept, signal })) === 'undone') return undefined;
  const last = present();
  return last?.kind === 'stored' ? outcome : last;
}

async function send(
  { ledger, keys, pictures }: BringDependencies,
  { part, content: { header, identity }, patientIdIssuer, packs, signal }: BringOptions,
): Promise<StoreTicket> {
  const [preview, packed] = await Promise.all([
    pictures.preview(header, part.bytes),
    packs ? compressedSource(part.bytes) : undefined,
  ]);
  signal.throwIfAborted();
  const headerBytes = encodeHeader(packed ? { ...header, byteCount: part.bytes.byteCount } : header);
  // What the follower could not read would stay on the chain for ever, and nobody would ever see it.
  readAnnouncedHeader(headerBytes);
  return ledger.store({
    imageKey: keys.imageKey(identity.SOPInstanceUID),
    patientKey: keys.patientKey({
      PatientID: identity.PatientID,
      IssuerOfPatientID: identity.IssuerOfPatientID || patientIdIssuer,
      StudyInstanceUID: identity.StudyInstanceUID,
    }),
    header: headerBytes,
    preview,
    // SHA-256 of what was given: equal for equal objects, however they are packed.
    instance: { ...(packed ?? part.bytes), scheme: packed ? COMPRESSED_SCHEME : 0, sha256: `0x${part.sha256}` },
  });
}

/** What the ledger has met is in the catalogue a block later, as a rule. */
function projected(
  { catalog, progress }: BringDependencies,
  { imageKey, signal }: { imageKey: string; signal: AbortSignal },
): Promise<ReturnType<Catalog['image']>> {
  const from = progress.head?.number ?? 0n;
  return progress
    .until(() => {
      const there = catalog.image(imageKey);
      if (there) return { there };
      return progress.head && progress.head.number >= from + UNDONE_BLOCKS ? { there } : undefined;
    }, signal)
    .then(({ there }) => there);
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
