import type { ByteSource } from '../byte-source.js';
import { LedgerError } from '../errors.js';
import { encodingOf, isEncapsulated, transferSyntax, unitBytes } from './encoding.js';
import { pixelUnit } from './frames.js';
import type { Fragment, InstanceHeader } from './header.js';
import { readRange, swapChunks } from './read-value.js';

const PIXEL_DATA_PATH = '7FE00010';

/** A value that the metadata gives by URI, in little endian. */
export interface BulkBytes {
  vr: string;
  byteCount: number;
  /** Of pixel data: of compressed ones the stored one, else Explicit VR Little Endian. */
  transferSyntaxUID?: string;
  open(): AsyncIterable<Buffer>;
}

/**
 * The value at a path of `header.bulk`. Compressed pixel data are its frames one after the other, without item tags and
 * offset table (PS3.18 §8.7.3.3.2). Throws `not-found` for another path.
 */
export function bulkValue(source: ByteSource, header: InstanceHeader, path: string): BulkBytes {
  const value = header.bulk.find((candidate) => candidate.path === path);
  if (!value) throw new LedgerError('not-found', `The instance has no bulk data at "${path}".`);
  if (path === PIXEL_DATA_PATH && (header.frames?.kind === 'encapsulated' || isEncapsulated(header.transferSyntaxUID)))
    return fragments(source, header, value.vr);
  const { bigEndian } = encodingOf(header.transferSyntaxUID, header.dataSet);
  const unit = !bigEndian ? 1 : path.startsWith('7FE0') ? pixelUnit(header) : unitBytes(value.vr);
  return {
    vr: value.vr,
    byteCount: value.byteCount,
    ...(path === PIXEL_DATA_PATH && { transferSyntaxUID: transferSyntax.explicitLittleEndian }),
    open: () => swapChunks(readRange(source, header, value), unit),
  };
}

function fragments(source: ByteSource, header: InstanceHeader, vr: string): BulkBytes {
  if (header.frames?.kind !== 'encapsulated')
    throw new LedgerError('not-found', 'The fragments of the pixel data cannot be told apart into frames.');
  const all: Fragment[] = header.frames.frames.flat();
  return {
    vr,
    byteCount: all.reduce((sum, [, byteCount]) => sum + byteCount, 0),
    transferSyntaxUID: header.transferSyntaxUID,
    open: async function* () {
      for (const [offset, byteCount] of all) yield* readRange(source, header, { offset, byteCount });
    },
  };
}
