import { TRANSFER_SYNTAXES, isEncapsulated } from '../../standard/transfer-syntaxes.js';
import type { ByteSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import { encodingOf, unitBytes } from './encoding.js';
import { pixelUnit } from './frames.js';
import type { BulkValue, Fragment, InstanceHeader } from './instance-header.js';
import { readRange, swapChunks } from './read-range.js';

const PIXEL_DATA_PATH = '7FE00010';
const ITEM = 0xe000fffe;
const SEQUENCE_END = 0xe0ddfffe;
const READ_BYTES = 64 * 1024;

/** A value that the metadata gives by URI, in little endian. */
export interface BulkBytes {
  vr: string;
  byteCount: number;
  /** Only of pixel data: the stored transfer syntax when they are compressed, else Explicit VR Little Endian. */
  transferSyntaxUID?: string;
  open(): AsyncIterable<Buffer>;
}

/**
 * The value at a path of `header.bulk`. Compressed pixel data, an icon's too, come as their fragments one after the
 * other, without item tags and offset table (PS3.18 §8.7.3.3.2). Throws `not-found` for a path that is not there.
 */
export async function bulkValue(source: ByteSource, header: InstanceHeader, path: string): Promise<BulkBytes> {
  const value = header.bulk.find((candidate) => candidate.path === path);
  if (!value) throw new LedgerError('not-found', `The instance has no bulk data at "${path}".`);
  const found = path.endsWith(PIXEL_DATA_PATH) ? await fragmentsOf(source, header, value) : undefined;
  if (found) return fragments(source, header, { vr: value.vr, all: found });
  const { bigEndian } = encodingOf(header.transferSyntaxUID, header.dataSet);
  const unit = !bigEndian ? 1 : path.startsWith('7FE0') ? pixelUnit(header) : unitBytes(value.vr);
  return {
    vr: value.vr,
    byteCount: value.byteCount,
    ...(path === PIXEL_DATA_PATH && { transferSyntaxUID: TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid }),
    open: () => swapChunks(readRange(source, header, value), unit),
  };
}

function fragments(
  source: ByteSource,
  header: InstanceHeader,
  { vr, all }: { vr: string; all: readonly Fragment[] },
): BulkBytes {
  return {
    vr,
    byteCount: all.reduce((sum, [, byteCount]) => sum + byteCount, 0),
    transferSyntaxUID: header.transferSyntaxUID,
    open: async function* () {
      for (const [offset, byteCount] of all) yield* readRange(source, header, { offset, byteCount });
    },
  };
}

/**
 * Where the fragments of pixel data are. Undefined when they are not in fragments: some files are not in the transfer
 * syntax that they declare.
 */
async function fragmentsOf(
  source: ByteSource,
  header: InstanceHeader,
  value: BulkValue,
): Promise<readonly Fragment[] | undefined> {
  if (value.path === PIXEL_DATA_PATH && header.frames?.kind === 'encapsulated') return header.frames.frames.flat();
  if (header.source !== 'part10' || !isEncapsulated(header.transferSyntaxUID)) return undefined;
  const end = value.offset + value.byteCount;
  const found: Fragment[] = [];
  let window: Buffer = Buffer.alloc(0);
  let windowOffset = 0;
  for (let at = value.offset; at < end;) {
    if (at + 8 > end) return undefined;
    if (at + 8 > windowOffset + window.length) {
      window = await source.read(at, Math.min(READ_BYTES, end - at));
      windowOffset = at;
    }
    const tag = window.readUInt32LE(at - windowOffset);
    const byteCount = window.readUInt32LE(at - windowOffset + 4);
    if (tag === SEQUENCE_END && at + 8 === end) break;
    if (tag !== ITEM || at + 8 + byteCount > end) return undefined;
    found.push([at + 8, byteCount]);
    at += 8 + byteCount;
  }
  // The first one is the Basic Offset Table (PS3.5 §A.4).
  return found.slice(1);
}
