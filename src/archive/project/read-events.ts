import { dicomJsonText } from '../../standard/dicom-json.js';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { Change, InstanceRecord } from '../../catalog/catalog.js';
import { attributeLevels } from '../../dicom/data-set/attributes.js';
import type { InstanceHeader, InstanceSource } from '../../dicom/data-set/instance-header.js';
import type { Body, Ledger, LedgerEvent } from '../../ledger/ledger.js';
import { BODY_CODINGS } from '../../pieces/body-codings.js';
import type { PartMediaType } from '../archive.js';
import { bodyOfText, bodyText } from '../body-text.js';
import type { Pseudonyms } from '../pseudonyms.js';
import { readAnnouncedHeader } from './announced-header.js';

export interface ReadEventsDependencies {
  ledger: Ledger;
  pseudonyms: Pseudonyms;
  log: Log;
  /** Takes wrong bytes for what was announced and leaves them out, though it may be a node that damaged them. */
  believesNodes?: boolean;
}

/** The events of one block, with what the chain has for the announcements among them. */
export interface ReadEvents {
  events: readonly LedgerEvent[];
  /** By the event's index; undefined for other events and for what is left out. */
  announced: (InstanceRecord | undefined)[];
}

/**
 * Reads what one block announces. An announcement whose proven bytes nobody can read (another key, not a header, another SHA-256
 * than announced) is left out and logged: it must not stop the walk, and every site and every rebuild leaves it out. Rejects
 * when the bytes cannot be had now: no node answers, or none gives those of their addresses.
 */
export async function readEvents(
  dependencies: ReadEventsDependencies,
  events: readonly LedgerEvent[],
): Promise<ReadEvents> {
  const announced = await Promise.all(
    events.map(async (event) => (event.kind === 'announced' ? readable(dependencies, event) : undefined)),
  );
  return { events, announced };
}

/** What the events of one block change in the catalogue as it stands before them. */
export function changesOf(
  { announcedBody }: { announcedBody: (imageKey: string) => string | undefined },
  { events, announced }: ReadEvents,
): Change[] {
  const bodies = new Map<string, string>();
  const changes: Change[] = [];
  for (const [index, event] of events.entries()) {
    const { imageKey } = event;
    const at = { imageKey, logIndex: event.position.logIndex };
    if (event.kind === 'announced') {
      const record = announced[index];
      if (!record) continue;
      bodies.set(imageKey, record.body);
      changes.push({ ...at, kind: 'announced', record });
    } else if (event.kind === 'sealed') {
      const text = bodies.get(imageKey) ?? announcedBody(imageKey);
      if (text === undefined) continue;
      const body: Body = { ...bodyOfText(text), list: event.pages };
      changes.push({ ...at, kind: 'sealed', body: bodyText(body) });
    } else if (event.kind === 'retired') {
      changes.push({ ...at, kind: 'retired', reason: event.reason, by: event.by });
    } else {
      changes.push({ ...at, kind: 'withdrawn' });
    }
  }
  return changes;
}

type Announced = Extract<LedgerEvent, { kind: 'announced' }>;

async function readable(dependencies: ReadEventsDependencies, event: Announced): Promise<InstanceRecord | undefined> {
  const { ledger, log, believesNodes = false } = dependencies;
  const leaveOut = (error: unknown): undefined => {
    log.warn(
      { imageKey: event.imageKey, siteId: event.siteId, error: (error as Error).message },
      'An announcement cannot be read and is left out of the catalogue.',
    );
    return undefined;
  };
  const bodies = await Promise.all([ledger.readBody(event.header), ledger.readBody(event.preview)]).catch(
    (error: unknown) => {
      if (isForEver(error, believesNodes)) return leaveOut(error);
      throw error;
    },
  );
  if (!bodies) return undefined;
  try {
    return toRecord(dependencies, event, bodies);
  } catch (error) {
    return leaveOut(error);
  }
}

/**
 * Whether asking again cannot help: the bytes are proven by their addresses and are not what was announced, or their scheme is
 * unknown to this release.
 */
function isForEver(error: unknown, believesNodes: boolean): boolean {
  if (!(error instanceof LedgerError)) return false;
  if (error.code === 'corrupt') return believesNodes || !error.retryable;
  return error.code === 'not-implemented' && !error.retryable;
}

function toRecord(
  { pseudonyms }: ReadEventsDependencies,
  event: Announced,
  [headerBytes, preview]: [Buffer, Buffer],
): InstanceRecord {
  const { header, metadata, identity } = readAnnouncedHeader(headerBytes);
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SOPClassUID } = identity;
  if (pseudonyms.imageKey(SOPInstanceUID) !== event.imageKey) {
    throw new LedgerError(
      'corrupt',
      'The header is of another instance than its key says, or was made under another consortium key.',
    );
  }
  return {
    imageKey: event.imageKey,
    patientKey: event.patientKey,
    siteId: event.siteId,
    StudyInstanceUID,
    SeriesInstanceUID,
    SOPInstanceUID,
    SOPClassUID,
    transferSyntaxUID: header.transferSyntaxUID,
    mediaType: mediaTypeOf(header.source),
    byteCount: byteCountOf(header, event.instance),
    sha256: event.instance.sha256.slice(2),
    dataSetSha256: header.dataSetSha256,
    fileName: header.fileName,
    ...attributeLevels(metadata),
    metadata: dicomJsonText(metadata),
    header: headerBytes,
    preview,
    body: bodyText(event.instance),
  };
}

/** Bytes of the instance as it was given, whatever lies on the chain. */
function byteCountOf({ byteCount }: InstanceHeader, body: Body): number {
  if (!BODY_CODINGS[body.scheme]?.changesLength) return body.byteCount;
  if (byteCount !== undefined && Number.isSafeInteger(byteCount) && byteCount >= 0) return byteCount;
  throw new LedgerError('corrupt', 'The header of a compressed instance does not say how many bytes it has.');
}

/** What the stored bytes are. */
function mediaTypeOf(source: InstanceSource): PartMediaType {
  return source === 'part10' ? 'application/dicom' : source;
}
