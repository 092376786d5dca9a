import { createHash } from 'node:crypto';
import type { ByteSource } from '../../base/byte-source.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { decodeHeader, isSameHeader } from '../metadata/encode-header.js';
import { scanPart10 } from '../part10/part10.js';
import { describeImageFile, secondaryCaptureParameters } from '../upload/secondary-capture.js';
import { previewFault } from './preview-fault.js';

/** What was announced of an instance. */
export interface AnnouncedContent {
  /** Of the bytes as they were given, hex. */
  sha256: string;
  /** The header body. */
  header: Buffer;
  preview: Buffer;
}

/** What is wrong with an instance; `detail` is a sentence without patient attributes. */
export interface ContentFault {
  reason: 'bytes' | 'picture' | 'timed-out';
  detail: string;
}

const READ_BYTES = 1024 * 1024;
/** While one part is hashed, the next are fetched. */
const PARTS_AHEAD = 3;

/**
 * Holds an instance against all that was announced of it: its SHA-256, its header, then its preview. Gives the first fault. Blocks its
 * thread while it decodes. Rejects as `source` does.
 */
export async function verifyContent(
  source: ByteSource,
  { sha256, header, preview }: AnnouncedContent,
): Promise<ContentFault | undefined> {
  // What the catalogue has was within the bounds when it was read.
  const announced = decodeHeader(header, { maxBytes: Infinity });
  const digests = await digestsOf(source, announced.source === 'part10' ? announced.dataSetOffset : 0);
  if (digests.sha256 !== sha256)
    return fault('bytes', `SHA-256 of the bytes on the chain is ${digests.sha256}, announced was ${sha256}.`);
  const again = await describe(source, digests, announced);
  if (again === undefined || !isSameHeader(again, announced))
    return fault('bytes', 'The header on the chain is not the one that these bytes give.');
  const detail = await previewFault(preview, { header: again, source });
  return detail === undefined ? undefined : fault('picture', detail);
}

function fault(reason: ContentFault['reason'], detail: string): ContentFault {
  return { reason, detail };
}

/** Digests of an instance, hex: of the whole and of its data set. */
interface Digests {
  sha256: string;
  dataSetSha256: string;
}

async function digestsOf(source: ByteSource, dataSetOffset: number): Promise<Digests> {
  const whole = createHash('sha256');
  const dataSet = createHash('sha256');
  let at = 0;
  for await (const part of partsOf(source)) {
    whole.update(part);
    if (dataSetOffset > 0 && at + part.length > dataSetOffset)
      dataSet.update(part.subarray(Math.max(0, dataSetOffset - at)));
    at += part.length;
  }
  const sha256 = whole.digest('hex');
  return {
    sha256,
    dataSetSha256: dataSetOffset > 0 ? dataSet.digest('hex') : sha256,
  };
}

async function* partsOf(source: ByteSource): AsyncGenerator<Buffer> {
  const ahead: Promise<Buffer>[] = [];
  let next = 0;
  const fetchMore = (): void => {
    for (; ahead.length < PARTS_AHEAD && next < source.byteCount; next += READ_BYTES) {
      const part = source.read(next, Math.min(READ_BYTES, source.byteCount - next));
      part.catch(() => undefined);
      ahead.push(part);
    }
  };
  fetchMore();
  for (let first = ahead.shift(); first; first = ahead.shift()) {
    const part = await first;
    fetchMore();
    yield part;
  }
}

/** The header that a site makes of these bytes; undefined when it would not store them. What only the announcement says is taken from there. */
async function describe(
  source: ByteSource,
  { sha256, dataSetSha256 }: Digests,
  announced: InstanceHeader,
): Promise<InstanceHeader | undefined> {
  const result =
    announced.source === 'part10'
      ? await scanPart10(source, { dataSetSha256, maxSkeletonBytes: announced.dataSet.length })
      : await describeImageFile(source, secondaryCaptureParameters(announced), Buffer.from(sha256, 'hex'));
  if (result.kind === 'refused') return undefined;
  const { byteCount, encrypted, patientIdIssuer } = announced;
  return {
    ...result.header,
    ...(byteCount !== undefined && { byteCount: source.byteCount }),
    ...(encrypted && { encrypted: { ...encrypted, sha256 } }),
    ...(patientIdIssuer !== undefined && { patientIdIssuer }),
  };
}
