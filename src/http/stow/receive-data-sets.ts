import { parse } from 'content-type';
import type { Archive, BulkPart } from '../../archive/archive.js';
import { type Outcome, outcomeOfError } from '../../archive/outcome.js';
import { LedgerError } from '../../base/errors.js';
import type { DicomJson } from '../../standard/dicom-json.js';
import type { Part } from '../message/read-multipart.js';
import { utf8Text } from '../message/utf8-text.js';
import { readNativeModel } from '../message/read-native-model.js';

/** Types of metadata parts (PS3.18 §10.5.1). */
export const METADATA_TYPES: readonly string[] = ['application/dicom+json', 'application/dicom+xml'];

/** Bounds of one request, and of all together; what is larger is sent as application/dicom, which is not held in memory. */
export const DATA_SET_LIMITS = {
  metadataBytes: 16 * 1024 * 1024,
  bulkBytes: 256 * 1024 * 1024,
  partCount: 10_000,
  heldBytes: 512 * 1024 * 1024,
};
type Limits = typeof DATA_SET_LIMITS;

/** Of all requests just now. */
let heldBytes = 0;

/**
 * Stores the data sets of metadata parts with the bulk data parts that they name by Content-Location (PS3.18 §10.5): reads the whole
 * request, and hands over each data set with the values. Throws `bad-request` for metadata that cannot be read, `too-large` beyond a
 * bound, and `unavailable` while other requests hold all the memory that there is for this.
 */
export async function receiveDataSets(
  archive: Archive,
  parts: AsyncIterable<Part>,
  {
    StudyInstanceUID,
    mayRetire,
    limits = DATA_SET_LIMITS,
  }: { StudyInstanceUID: string | undefined; mayRetire: boolean; limits?: Limits },
): Promise<Promise<Outcome>[]> {
  const study = StudyInstanceUID === undefined ? {} : { StudyInstanceUID };
  const held = holdBytes(limits);
  try {
    const { dataSets, bulk } = await readParts(parts, { held, limits });
    if (dataSets.length === 0)
      throw new LedgerError('bad-request', 'The request has no metadata; send a data set for each instance.');
    const received: Promise<Outcome>[] = [];
    for (const dataSet of dataSets) {
      const { outcome } = await archive
        .receiveDataSet({ dataSet, bulk, mayRetire, ...study })
        .catch((error: unknown) => ({ outcome: Promise.resolve(outcomeOfError(error)) }));
      received.push(outcome);
    }
    return received;
  } finally {
    held.release();
  }
}

interface Held {
  /** Throws `unavailable` where there is no room. */
  add(byteCount: number): void;
  release(): void;
}

function holdBytes(limits: Limits): Held {
  let own = 0;
  return {
    add: (byteCount) => {
      own += byteCount;
      heldBytes += byteCount;
      if (heldBytes > limits.heldBytes)
        throw new LedgerError('unavailable', 'The server is busy with other metadata and bulk data; send it later.', {
          retryable: true,
        });
    },
    release: () => {
      heldBytes -= own;
      own = 0;
    },
  };
}

interface ReadParts {
  dataSets: DicomJson[];
  bulk: Map<string, BulkPart[]>;
}

async function readParts(
  parts: AsyncIterable<Part>,
  { held, limits }: { held: Held; limits: Limits },
): Promise<ReadParts> {
  const found: ReadParts = { dataSets: [], bulk: new Map() };
  const bytes = { metadata: 0, bulk: 0 };
  let partCount = 0;
  for await (const { headers, body } of parts) {
    if (++partCount > limits.partCount)
      throw new LedgerError('too-large', `The request has more than ${limits.partCount} parts; send it in several.`);
    const { type, parameters } = parse(headers.get('content-type') ?? 'application/octet-stream');
    const kind = METADATA_TYPES.includes(type) ? 'metadata' : 'bulk';
    const most = kind === 'metadata' ? limits.metadataBytes : limits.bulkBytes;
    const chunks: Buffer[] = [];
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes[kind] += chunk.length;
      held.add(chunk.length);
      if (bytes[kind] > most)
        throw new LedgerError(
          'too-large',
          `The ${kind === 'bulk' ? 'bulk data' : 'metadata'} of a request has at most ${most} bytes; send larger instances as application/dicom.`,
        );
      chunks.push(chunk);
    }
    const whole = Buffer.concat(chunks);
    if (kind === 'metadata') {
      found.dataSets.push(...(type.endsWith('json') ? readJson(whole) : [readNativeModel(utf8Text(whole))]));
      continue;
    }
    const location = headers.get('content-location');
    if (location === undefined)
      throw new LedgerError('bad-request', 'A part with bulk data has no Content-Location; give it the BulkDataURI.');
    const { 'transfer-syntax': transferSyntaxUID } = parameters;
    const values = found.bulk.get(location) ?? [];
    values.push({ mediaType: type, bytes: whole, ...(transferSyntaxUID !== undefined && { transferSyntaxUID }) });
    found.bulk.set(location, values);
  }
  return found;
}

/** An array of data sets (PS3.18 §F.2.1), or one alone. */
function readJson(bytes: Buffer): DicomJson[] {
  let value: unknown;
  try {
    value = JSON.parse(utf8Text(bytes));
  } catch (cause) {
    throw new LedgerError('bad-request', 'The metadata is no JSON; correct it and send it again.', { cause });
  }
  const dataSets = Array.isArray(value) ? (value as unknown[]) : [value];
  if (dataSets.some((one) => typeof one !== 'object' || one === null || Array.isArray(one)))
    throw new LedgerError('bad-request', 'The metadata is no array of data sets (PS3.18 §F.2.1).');
  return dataSets as DicomJson[];
}
