import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { LedgerError } from '../../base/errors.js';
import type {
  BulkValue,
  EncryptedContent,
  Fragment,
  FrameLayout,
  InstanceHeader,
  InstanceSource,
} from '../data-set/instance-header.js';

const VERSION = 1;
/** Level 9 makes the headers of real files 0.02 % smaller, and takes seconds for a MiB that was made to be slow. */
const DEFLATE_LEVEL = 6;
const ITEM_HEADER_BYTES = 8;
const SOURCES: ReadonlySet<InstanceSource> = new Set<InstanceSource>(['part10', 'image/jpeg', 'image/png']);
/** A header that inflates to more is not read, unless told otherwise: enhanced objects of hundreds of frames have less than 1 MiB. */
const MAX_HEADER_BYTES = 2 * 1024 * 1024;
/** Nor is one that inflates to more than this many times its bytes; those of real files are packed 2 to 20 times. */
const MAX_RATIO = 100;
/** What may come out of however few bytes. */
const RATIO_FREE_BYTES = 64 * 1024;
/** A scheme is a byte in the contracts. */
const MAX_SCHEME = 255;
/** Of an Issuer of Patient ID (PS3.5 §6.2, LO). */
const MAX_ISSUER_CHARACTERS = 64;

/** The part of a header that is small, as JSON. */
interface Summary {
  source: InstanceSource;
  transferSyntaxUID: string;
  dataSetOffset: number;
  dataSetSha256: string;
  bulk: [path: string, vr: string, offset: number, byteCount: number][];
  native?: [offset: number, frameBits: number, frameCount: number];
  encapsulated?: true;
  byteCount?: number;
  encrypted?: [scheme: number, byteCount: number, sha256: string];
  fileName?: string;
  acquisition?: string;
  patientIdIssuer?: string;
}

/**
 * A header as it lies on the chain: a version byte, then raw deflate of four sections with their lengths before them
 * (varints): a JSON summary, the File Meta, the data set, and for encapsulated frames a table of varints: for each frame
 * its number of fragments, for each fragment the gap after the one before and its length.
 * The bytes follow from the header alone, and no reader refuses them for being packed too tightly.
 */
export function encodeHeader(header: InstanceHeader): Buffer {
  const sections = headerSections(header);
  const level = deflateRawSync(sections, { level: DEFLATE_LEVEL });
  const isTooTight = sections.length > inflatedLimit(level.length);
  // Huffman codes alone have at least a bit for each byte.
  const deflated = isTooTight ? deflateRawSync(sections, { strategy: constants.Z_HUFFMAN_ONLY }) : level;
  return Buffer.concat([Buffer.from([VERSION]), deflated]);
}

/** Whether two headers say the same, however they are packed: other builds of zlib make other bytes. */
export function isSameHeader(one: InstanceHeader, other: InstanceHeader): boolean {
  return headerSections(one).equals(headerSections(other));
}

/** What is deflated in a header. */
function headerSections(header: InstanceHeader): Buffer {
  const { frames } = header;
  const summary: Summary = {
    source: header.source,
    transferSyntaxUID: header.transferSyntaxUID,
    dataSetOffset: header.dataSetOffset,
    dataSetSha256: header.dataSetSha256,
    bulk: header.bulk.map(({ path, vr, offset, byteCount }) => [path, vr, offset, byteCount]),
    ...(frames?.kind === 'native' && { native: [frames.offset, frames.frameBits, frames.frameCount] }),
    ...(frames?.kind === 'encapsulated' && { encapsulated: true }),
    ...(header.byteCount !== undefined && { byteCount: header.byteCount }),
    ...(header.encrypted !== undefined && { encrypted: summaryOf(header.encrypted) }),
    ...(header.fileName !== undefined && { fileName: header.fileName }),
    ...(header.acquisition !== undefined && { acquisition: header.acquisition }),
    ...(header.patientIdIssuer !== undefined && { patientIdIssuer: header.patientIdIssuer }),
  };
  const table = frames?.kind === 'encapsulated' ? encodeFrames(frames.frames) : Buffer.alloc(0);
  const sections = [Buffer.from(JSON.stringify(summary)), header.fileMeta, header.dataSet, table];
  const lengths = createVarintWriter();
  for (const section of sections) lengths.write(section.length);
  return Buffer.concat([lengths.finish(), ...sections]);
}

/**
 * The reverse of `encodeHeader`. Throws `too-large` for a header that inflates to more than `maxBytes` (2 MiB unless given), or to more
 * than 64 KiB and 100 times its bytes, without inflating more than that; `corrupt` for anything else.
 */
export function decodeHeader(
  bytes: Buffer,
  { maxBytes = MAX_HEADER_BYTES }: { maxBytes?: number } = {},
): InstanceHeader {
  if (bytes[0] !== VERSION)
    throw new LedgerError(
      'corrupt',
      `A header of version ${bytes[0]} cannot be read; this release reads version ${VERSION}.`,
    );
  const deflated = bytes.subarray(1);
  const maxOutputLength = Math.min(maxBytes, inflatedLimit(deflated.length));
  try {
    return decode(inflateRawSync(deflated, { maxOutputLength }));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new LedgerError(
        'too-large',
        `A header of ${bytes.length} bytes inflates to more than ${maxOutputLength} bytes: ${maxOutputLength === maxBytes ? 'more than is read here' : `it is packed more than ${MAX_RATIO} times`}.`,
        { cause },
      );
    throw new LedgerError('corrupt', `A header of ${bytes.length} bytes is damaged.`, { cause });
  }
}

/** What so many bytes may inflate to. */
function inflatedLimit(deflatedBytes: number): number {
  return Math.max(RATIO_FREE_BYTES, MAX_RATIO * deflatedBytes);
}

function decode(inflated: Buffer): InstanceHeader {
  const reader = createVarintReader(inflated);
  const lengths = [reader.read(), reader.read(), reader.read(), reader.read()];
  const [json, fileMeta, dataSet, table] = lengths.map((length) => reader.bytes(length)) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const summary = JSON.parse(json.toString()) as Summary;
  if (!isSummary(summary)) throw new RangeError('The summary has values of other kinds than a header has.');
  const bulk: BulkValue[] = summary.bulk.map(([path, vr, offset, byteCount]) => ({ path, vr, offset, byteCount }));
  return {
    source: summary.source,
    transferSyntaxUID: summary.transferSyntaxUID,
    fileMeta,
    dataSetOffset: summary.dataSetOffset,
    dataSetSha256: summary.dataSetSha256,
    dataSet,
    bulk,
    frames: frameLayout(summary, table),
    ...(summary.byteCount !== undefined && { byteCount: summary.byteCount }),
    ...(summary.encrypted !== undefined && { encrypted: encryptedContent(summary.encrypted) }),
    ...(summary.fileName !== undefined && { fileName: summary.fileName }),
    ...(summary.acquisition !== undefined && { acquisition: summary.acquisition }),
    ...(summary.patientIdIssuer !== undefined && { patientIdIssuer: summary.patientIdIssuer }),
  };
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isTextOrNone = (value: unknown): boolean => value === undefined || isText(value);

function summaryOf({ scheme, byteCount, sha256 }: EncryptedContent): Summary['encrypted'] {
  return [scheme, byteCount, sha256];
}

function encryptedContent([scheme, byteCount, sha256]: NonNullable<Summary['encrypted']>): EncryptedContent {
  return { scheme, byteCount, sha256 };
}

function isEncryptedContent(found: unknown): boolean {
  if (!Array.isArray(found) || found.length !== 3) return false;
  const [scheme, byteCount, sha256] = found as unknown[];
  const isDigest = typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
  return isCount(scheme) && (scheme as number) <= MAX_SCHEME && isCount(byteCount) && isDigest;
}

/** Whoever may announce may have written it. */
function isSummary(summary: Summary): boolean {
  const { source, transferSyntaxUID, dataSetOffset, dataSetSha256, bulk, native, byteCount, encrypted } = summary;
  return (
    SOURCES.has(source) &&
    isText(transferSyntaxUID) &&
    isCount(dataSetOffset) &&
    isText(dataSetSha256) &&
    bulk.every(
      ([path, vr, offset, length]) => isText(path) && /^[A-Z]{2}$/.test(vr) && isCount(offset) && isCount(length),
    ) &&
    (native === undefined || (native.length === 3 && native.every(isCount))) &&
    (byteCount === undefined || isCount(byteCount)) &&
    (encrypted === undefined || (isEncryptedContent(encrypted) && byteCount !== undefined)) &&
    isTextOrNone(summary.fileName) &&
    isTextOrNone(summary.acquisition) &&
    isTextOrNone(summary.patientIdIssuer) &&
    (summary.patientIdIssuer ?? '').length <= MAX_ISSUER_CHARACTERS
  );
}

function frameLayout(summary: Summary, table: Buffer): FrameLayout | undefined {
  if (summary.native) {
    const [offset, frameBits, frameCount] = summary.native;
    return { kind: 'native', offset, frameBits, frameCount };
  }
  return summary.encapsulated ? { kind: 'encapsulated', frames: decodeFrames(table) } : undefined;
}

function encodeFrames(frames: readonly (readonly Fragment[])[]): Buffer {
  const table = createVarintWriter();
  let end = 0;
  table.write(frames.length);
  for (const fragments of frames) {
    table.write(fragments.length);
    for (const [offset, byteCount] of fragments) {
      // Fragments may lie in any order by an offset table; a step back is written as twice its size plus one.
      const gap = offset - end - ITEM_HEADER_BYTES;
      table.write(gap < 0 ? -2 * gap - 1 : 2 * gap);
      table.write(byteCount);
      end = offset + byteCount;
    }
  }
  return table.finish();
}

function decodeFrames(table: Buffer): Fragment[][] {
  const reader = createVarintReader(table);
  const frames: Fragment[][] = [];
  let end = 0;
  for (let left = reader.read(); left > 0; left--) {
    const fragments: Fragment[] = [];
    for (let more = reader.read(); more > 0; more--) {
      const step = reader.read();
      const offset = end + ITEM_HEADER_BYTES + (step % 2 === 0 ? step / 2 : -(step + 1) / 2);
      if (offset < 0) throw new RangeError(`A fragment is said to begin at ${offset}.`);
      const byteCount = reader.read();
      fragments.push([offset, byteCount]);
      end = offset + byteCount;
    }
    frames.push(fragments);
  }
  return frames;
}

/** Whole numbers from 0 to 2^53-1 in as few bytes as they need: seven bits a byte, the lowest first. */
export function createVarintWriter(): { write(value: number): void; finish(): Buffer } {
  let bytes = Buffer.alloc(1024);
  let length = 0;
  return {
    write: (value) => {
      if (length + 8 > bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
      let rest = value;
      while (rest >= 0x80) {
        bytes[length++] = (rest % 0x80) + 0x80;
        rest = Math.floor(rest / 0x80);
      }
      bytes[length++] = rest;
    },
    finish: () => bytes.subarray(0, length),
  };
}

/** Reads numbers in the order in which they were written. Throws RangeError where the bytes end. */
function createVarintReader(bytes: Buffer): { read(): number; bytes(byteCount: number): Buffer } {
  let position = 0;
  return {
    read: () => {
      let value = 0;
      for (let scale = 1; scale < 2 ** 53; scale *= 0x80) {
        const byte = bytes[position++];
        if (byte === undefined) throw new RangeError(`There is no byte ${position - 1}.`);
        value += (byte % 0x80) * scale;
        if (byte < 0x80) return value;
      }
      throw new RangeError(`The number at byte ${position} is too long.`);
    },
    bytes: (byteCount) => {
      if (position + byteCount > bytes.length) throw new RangeError(`There are no ${byteCount} bytes at ${position}.`);
      position += byteCount;
      return bytes.subarray(position - byteCount, position);
    },
  };
}
