import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { LedgerError } from '../base/errors.js';
import { unavailable } from './retry.js';
import type { ServerAddress } from './server-address.js';
import { callServer, problemOf } from './call-server.js';

/** What a server's ledger says of one instance (`GET /ledger/instances/:uid`), as far as copying needs it. */
export interface LedgerRecord {
  SOPInstanceUID: string;
  SeriesInstanceUID: string;
  StudyInstanceUID: string;
  state: 'announced' | 'sealed' | 'retired';
  patientKey: string;
  mediaType: string;
  byteCount: number;
  /** Hex digits. */
  sha256: string;
}

/** What an uploaded JPG or PNG was said to be; the same again gives the same SOP Instance UID. */
export interface ImageLabel {
  PatientID: string;
  StudyInstanceUID: string;
  fileName?: string;
  acquisition?: string;
}

export interface Planned {
  record: LedgerRecord;
  /** Of a JPG or PNG. */
  image: ImageLabel | undefined;
}

/** The sealed instances of a server in chain order. */
export async function sealedSOPInstanceUIDs(server: ServerAddress): Promise<string[]> {
  const response = await callServer(server, '/ledger/instances');
  if (!response.ok || !response.body) throw new LedgerError('unavailable', await problemOf(response));
  const uids: string[] = [];
  for await (const line of createInterface({ input: Readable.fromWeb(response.body) }))
    uids.push((JSON.parse(line) as { SOPInstanceUID: string }).SOPInstanceUID);
  return uids;
}

/** Undefined for an instance that the server does not know. */
export async function readRecord(server: ServerAddress, SOPInstanceUID: string): Promise<LedgerRecord | undefined> {
  const response = await callServer(server, `/ledger/instances/${SOPInstanceUID}`);
  if (response.status === 404) {
    await response.body?.cancel();
    return undefined;
  }
  return (await jsonOf(response)) as LedgerRecord;
}

/** Reads what has to be known of an instance before its turn. Throws `not-found`. */
export async function planCopy(server: ServerAddress, SOPInstanceUID: string): Promise<Planned> {
  const record = await readRecord(server, SOPInstanceUID);
  if (record === undefined) throw new LedgerError('not-found', `${server.url} lists it and does not know it any more.`);
  const isImage = record.state === 'sealed' && record.mediaType !== 'application/dicom';
  return { record, image: isImage ? await readLabel(server, record) : undefined };
}

/** The path of the bytes as they were stored, below a server's URL. */
export function storedBytesPath({ record, image }: Planned): string {
  if (image === undefined) return `/dicom-web${pathOf(record)}`;
  const name = image.fileName ?? record.SOPInstanceUID;
  return `/dicom-web/patients/${encodeURIComponent(image.PatientID)}/images/${encodeURIComponent(name)}?uid=${record.SOPInstanceUID}`;
}

type DataSet = Record<string, { Value?: unknown[] } | undefined>;

async function readLabel(server: ServerAddress, record: LedgerRecord): Promise<ImageLabel> {
  const response = await callServer(server, `/dicom-web${pathOf(record)}/metadata`, {
    headers: { Accept: 'application/dicom+json' },
  });
  const [dataSet] = (await jsonOf(response)) as [DataSet];
  const text = (tag: string): string => {
    const [value = ''] = dataSet[tag]?.Value ?? [];
    return typeof value === 'string' ? value : '';
  };
  // Acquisition Date and Time; Image Comments.
  const acquisition = `${text('00080022')}${text('00080032')}`;
  const fileName = text('00204000');
  return {
    PatientID: text('00100020'),
    StudyInstanceUID: record.StudyInstanceUID,
    ...(fileName && { fileName }),
    ...(acquisition && { acquisition }),
  };
}

function pathOf({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }: LedgerRecord): string {
  return `/studies/${StudyInstanceUID}/series/${SeriesInstanceUID}/instances/${SOPInstanceUID}`;
}

async function jsonOf(response: Awaited<ReturnType<typeof callServer>>): Promise<unknown> {
  if (response.status === 503) throw await unavailable(response);
  if (!response.ok) throw new LedgerError('bad-request', await problemOf(response));
  return response.json();
}
