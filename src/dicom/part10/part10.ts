import { open } from 'node:fs/promises';
import { type ByteSource, fileSource } from '../../base/byte-source.js';
import { dataSetOf, type DataSet } from '../data-set/data-set.js';
import { sha256From } from './data-set-digest.js';
import { tagHex, tagText } from '../data-set/dictionary.js';
import { encodingOf } from '../data-set/encoding.js';
import { MAX_FILE_META_BYTES, readFileMeta, type FileMeta } from '../data-set/file-meta.js';
import {
  encapsulatedFrameLayout,
  frameCountOf,
  nativeFrameLayout,
  type OffsetTable,
  type PixelValue,
} from '../data-set/frame-layout.js';
import {
  MAX_KEPT_VALUE_BYTES,
  type BulkValue,
  type Fragment,
  type InstanceHeader,
} from '../data-set/instance-header.js';
import { createInstanceWindow } from '../data-set/instance-window.js';
import { ScanFault } from '../data-set/scan-fault.js';
import { createSkeleton, isLeftOut } from './skeleton.js';
import { trimEnd } from '../data-set/trim-end.js';
import { type ScanResult, validate } from '../data-set/validate.js';
import { driveWalk, PIXEL_DATA, type Token, walkDataSet } from '../data-set/walk-data-set.js';
import type { ByteWindow } from '../data-set/byte-window.js';
import { isEncapsulated, traitsOf } from '../../standard/transfer-syntaxes.js';

const SOP_INSTANCE_UID = 0x00080018;

export interface ScanOptions {
  /**
   * SHA-256 of the data set, hex, if the caller has it from `createDataSetDigest`; without it the source is read once
   * more.
   */
  dataSetSha256?: string;
  /** A data set that inflates to more bytes is refused. Default 2 GiB. */
  maxInflatedBytes?: number;
  /** One that has more bytes without its long values is refused. Default 64 MiB. */
  maxSkeletonBytes?: number;
}

const MAX_FRAGMENTS = 1_000_000;
const EXTENDED_OFFSET_TABLE = 0x7fe00001;
const PIXEL_TAGS = new Set([0x7fe00008, 0x7fe00009, PIXEL_DATA]);

/**
 * Reads the header of a Part 10 file (PS3.10 §7) by position: no value over 64 KB comes into memory, however long the
 * file. Rejects only when the source cannot be read.
 */
export async function scanPart10(source: ByteSource, options: ScanOptions = {}): Promise<ScanResult> {
  let meta: FileMeta | undefined;
  try {
    meta = readFileMeta(await source.read(0, Math.min(source.byteCount, MAX_FILE_META_BYTES)));
    const { header, warnings } = await scan(source, meta, options);
    return validate({ header, MediaStorageSOPInstanceUID: meta.MediaStorageSOPInstanceUID, warnings });
  } catch (error) {
    if (error instanceof ScanFault) return { kind: 'refused', reason: 'cannot-understand', message: error.message };
    throw error;
  }
}

async function scan(
  source: ByteSource,
  meta: FileMeta,
  options: ScanOptions,
): Promise<{ header: InstanceHeader; warnings: string[] }> {
  const { window, offset } = createInstanceWindow(source, meta, options);
  try {
    return await scanWindow(source, meta, { ...options, window, offset });
  } finally {
    await window.close();
  }
}

async function scanWindow(
  source: ByteSource,
  meta: FileMeta,
  { window, offset, dataSetSha256, maxSkeletonBytes }: { window: ByteWindow; offset: number } & ScanOptions,
): Promise<{ header: InstanceHeader; warnings: string[] }> {
  await window.fill(offset, 6);
  const start = window.has(offset, 6) ? window.bytes(offset, 6) : Buffer.alloc(0);
  const encoding = encodingOf(meta.TransferSyntaxUID, start);

  const skeleton = createSkeleton({ maxBytes: maxSkeletonBytes });
  const found = createFindings(window, skeleton);
  await driveWalk(window, { offset, encoding, presentBytes: MAX_KEPT_VALUE_BYTES, onToken: found.add });
  const made = skeleton.finish();
  const { dataSet } = made;
  const parsed = dataSetOf({ dataSet, transferSyntaxUID: meta.TransferSyntaxUID });
  const pixels = nativeInItem(found.pixels(), { dataSet: parsed, transferSyntaxUID: meta.TransferSyntaxUID });
  const bulk = pixels?.kind === 'native' ? made.bulk.map((value) => placed(value, pixels)) : made.bulk;
  // Their positions would be those of the inflated bytes, which nobody keeps.
  if (pixels?.kind === 'encapsulated' && traitsOf(meta.TransferSyntaxUID).deflated)
    throw new ScanFault('The deflated data set has pixel data in fragments, which its transfer syntax does not know.');
  const layout =
    pixels === undefined
      ? { frames: undefined, warnings: [] }
      : pixels.kind === 'native'
        ? nativeFrameLayout(parsed, pixels)
        : await encapsulatedFrameLayout(source, {
            dataSet: parsed,
            transferSyntaxUID: meta.TransferSyntaxUID,
            pixels,
            extendedOffsetTable: found.extendedOffsetTable(),
          });
  return {
    header: {
      source: 'part10',
      transferSyntaxUID: meta.TransferSyntaxUID,
      fileMeta: meta.bytes,
      dataSetOffset: meta.dataSetOffset,
      dataSetSha256: dataSetSha256 ?? (await sha256From(source, meta.dataSetOffset)),
      dataSet,
      bulk,
      frames: layout.frames,
    },
    warnings: [...found.warnings, ...layout.warnings],
  };
}

/** Native pixels that some writers put into one item, as compressed ones would be. */
function nativeInItem(
  pixels: PixelValue | undefined,
  { dataSet, transferSyntaxUID }: { dataSet: DataSet; transferSyntaxUID: string },
): PixelValue | undefined {
  if (pixels?.kind !== 'encapsulated' || isEncapsulated(transferSyntaxUID)) return pixels;
  const [item, ...others] = [pixels.offsetTable, ...pixels.fragments].filter(([, byteCount]) => byteCount > 0);
  if (item === undefined || others.length > 0) return pixels;
  const [offset, byteCount] = item;
  const native = { kind: 'native', tag: PIXEL_DATA, offset, byteCount } as const;
  const { frames } = nativeFrameLayout(dataSet, native);
  if (frames?.kind !== 'native' || frames.frameCount !== frameCountOf(dataSet)) return pixels;
  // Compressed pixels, too, are found under a native transfer syntax: those have another length.
  return byteCount - Math.ceil((frames.frameBits * frames.frameCount) / 8) <= 1 ? native : pixels;
}

function placed(value: BulkValue, { tag, offset, byteCount }: Extract<PixelValue, { kind: 'native' }>): BulkValue {
  return tag === PIXEL_DATA && value.path === tagHex(PIXEL_DATA) ? { ...value, offset, byteCount } : value;
}

/** Hands tokens on to the skeleton, and collects from them where the pixels are. */
function createFindings(window: ByteWindow, skeleton: ReturnType<typeof createSkeleton>) {
  const warnings: string[] = [];
  let native: Extract<PixelValue, { kind: 'native' }> | undefined;
  let table: OffsetTable | undefined;
  let fragments: Fragment[] | undefined;
  let atPixels = false;
  let hasFileMeta = false;

  const note = (token: Exclude<Token, { kind: 'need' }>): void => {
    if (token.kind === 'warning' && warnings.length < 10) warnings.push(token.message);
    if (token.kind === 'encapsulated') atPixels = token.tag === PIXEL_DATA && skeleton.atRoot() && !fragments;
    if (token.kind === 'encapsulated' && atPixels) fragments = [];
    if (token.kind === 'fragment' && atPixels) {
      if (fragments!.push([token.offset, token.byteCount]) > MAX_FRAGMENTS)
        throw new ScanFault(`The pixel data has more than ${MAX_FRAGMENTS} fragments.`);
    }
    if (token.kind !== 'value' || !skeleton.atRoot()) return;
    if (token.tag < 0x00080000 && token.tag !== 0 && !isFileMeta(token))
      throw new ScanFault(`The data set has ${tagText(token.tag)}, which no data set of an instance may hold.`);
    if (token.byteCount === 0) return;
    if (PIXEL_TAGS.has(token.tag))
      native ??= { kind: 'native', tag: token.tag, offset: token.offset, byteCount: token.byteCount };
    if (token.tag === EXTENDED_OFFSET_TABLE) table = { offset: token.offset, byteCount: token.byteCount };
  };

  return {
    warnings,
    add: (token: Exclude<Token, { kind: 'need' }>): void => {
      note(token);
      if (skeleton.atRoot() && isFileMeta(token)) {
        if (!hasFileMeta)
          warnings.push('The data set begins with a second File Meta, which says nothing (PS3.10 §7.1).');
        hasFileMeta = true;
        return;
      }
      const kept = token.kind === 'value' && !isLeftOut(token.tag, token.byteCount);
      skeleton.add(token, kept ? window.bytes(token.offset, token.byteCount) : undefined);
    },
    extendedOffsetTable: () => table,
    pixels: (): PixelValue | undefined =>
      fragments === undefined
        ? native
        : fragments.length === 0
          ? undefined
          : { kind: 'encapsulated', offsetTable: fragments[0]!, fragments: fragments.slice(1) },
  };
}

function isFileMeta(token: Token): boolean {
  return token.kind === 'value' && token.tag >= 0x00020000 && token.tag < 0x00030000;
}

/** (0008,0018) of a Part 10 file from its first bytes; undefined when it has none or cannot be read as such. */
export async function peekSOPInstanceUID(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    const source = fileSource(file, (await file.stat()).size);
    const meta = readFileMeta(await source.read(0, Math.min(source.byteCount, MAX_FILE_META_BYTES)));
    const { window, offset } = createInstanceWindow(source, meta, {});
    try {
      return await firstSOPInstanceUID(window, { offset, TransferSyntaxUID: meta.TransferSyntaxUID });
    } finally {
      await window.close();
    }
  } catch (error) {
    if (error instanceof ScanFault) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

async function firstSOPInstanceUID(
  window: ByteWindow,
  { offset, TransferSyntaxUID }: { offset: number; TransferSyntaxUID: string },
): Promise<string | undefined> {
  if (!(await window.fill(offset, 8))) return undefined;
  const encoding = encodingOf(TransferSyntaxUID, window.bytes(offset, 6));
  const walk = walkDataSet(window, { offset, encoding, presentBytes: 64 });
  for (let step = walk.next(true); !step.done;) {
    const token = step.value;
    if (token.kind === 'value' && token.tag > SOP_INSTANCE_UID) return undefined;
    if (token.kind === 'value' && token.tag === SOP_INSTANCE_UID)
      return trimEnd(window.bytes(token.offset, Math.min(64, token.byteCount)).toString('latin1'));
    step = walk.next(token.kind === 'need' ? await window.fill(token.offset, token.byteCount) : true);
  }
  return undefined;
}
