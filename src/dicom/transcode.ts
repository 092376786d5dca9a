import type { ByteSource } from '../byte-source.js';
import { LedgerError } from '../errors.js';
import { dataSetOf } from './data-set.js';
import { isPrivateCreator } from './dictionary.js';
import {
  encodingOf,
  explicitLittleEndian,
  implicitLittleEndian,
  isEncapsulated,
  swapped,
  transferSyntax,
  unitBytes,
  type Encoding,
} from './encoding.js';
import { elementHeader, ITEM, ITEM_END, itemHeader, SEQUENCE_END } from './element-writer.js';
import { createExplicitVrs, type ExplicitVrs } from './explicit-vr.js';
import { withTransferSyntax } from './file-meta-writer.js';
import { pixelUnit } from './frames.js';
import type { InstanceHeader } from './header.js';
import { stretchBytes, type Output, type Stretch } from './output.js';
import { openInstanceWindow } from './instance-window.js';
import { CHUNK_BYTES, readRange } from './read-value.js';
import { MAX_KEPT_VALUE_BYTES } from './skeleton.js';
import { PIXEL_DATA, walkDataSet, type Token } from './walk.js';
import type { Window } from './window.js';
import { writePart10 } from './write-part10.js';

/** Whether `transcodePart10` can give the instance in Explicit VR Little Endian: when it is not compressed. */
export function canTranscode(header: InstanceHeader): boolean {
  return !isEncapsulated(header.transferSyntaxUID);
}

/**
 * The instance as a Part 10 file in Explicit VR Little Endian, from implicit VR, big endian or deflated, in bounded
 * memory. Values, their order, groups and private elements are kept; sequences get undefined length, the preamble is
 * zeros. One that is in it already comes as it is stored. An uploaded image (`source` = what its header's positions are
 * about) becomes the object that it is shown as, in the transfer syntax of its header. Throws `not-acceptable` for a
 * Part 10 file where `canTranscode` is false.
 */
export async function transcodePart10(source: ByteSource, header: InstanceHeader): Promise<Output> {
  if (header.source !== 'part10')
    return writePart10(header, {
      kind: isEncapsulated(header.transferSyntaxUID) ? 'encapsulated' : 'native',
      byteCount: source.byteCount,
      open: () => readRange(source, header, { offset: 0, byteCount: source.byteCount }),
    });
  if (!canTranscode(header))
    throw new LedgerError(
      'not-acceptable',
      `Transfer syntax ${header.transferSyntaxUID} is not converted yet; ask for transfer-syntax=*.`,
    );
  const encoding = encodingOf(header.transferSyntaxUID, header.dataSet);
  if (header.transferSyntaxUID === transferSyntax.explicitLittleEndian && encoding.explicit) {
    const whole = { offset: 0, byteCount: source.byteCount };
    return { byteCount: source.byteCount, open: () => readRange(source, header, whole) };
  }
  const begin = (): { window: Window; offset: number } =>
    openInstanceWindow(
      source,
      { TransferSyntaxUID: header.transferSyntaxUID, dataSetOffset: header.dataSetOffset },
      {},
    );
  let byteCount: number | undefined;
  if (header.transferSyntaxUID !== transferSyntax.deflated) {
    byteCount = 0;
    const { window, offset } = begin();
    for await (const stretch of stretches(window, { header, offset, encoding })) byteCount += stretchBytes(stretch);
    await window.close();
  }
  return {
    byteCount,
    open: async function* () {
      const { window, offset } = begin();
      try {
        yield* joined(window, stretches(window, { header, offset, encoding }));
      } finally {
        await window.close();
      }
    },
  };
}

async function* stretches(
  window: Window,
  { header, offset, encoding }: { header: InstanceHeader; offset: number; encoding: Encoding },
): AsyncGenerator<Stretch> {
  yield withTransferSyntax(header.fileMeta, transferSyntax.explicitLittleEndian);
  const translator = createTranslator(header);
  const walk = walkDataSet(window, { offset, encoding, presentBytes: MAX_KEPT_VALUE_BYTES });
  for (let step = walk.next(true); !step.done;) {
    const token = step.value;
    if (token.kind === 'need') {
      step = walk.next(await window.fill(token.offset, token.byteCount));
      continue;
    }
    yield* translator(token, window);
    step = walk.next(true);
  }
}

/** Turns the tokens of a data set in any uncompressed encoding into stretches of one in Explicit VR Little Endian. */
function createTranslator(
  header: InstanceHeader,
): (token: Exclude<Token, { kind: 'need' }>, window: Window) => Generator<Stretch> {
  const vrs: ExplicitVrs = createExplicitVrs(dataSetOf(header));
  const pixels = pixelUnit(header);
  /** Items of a UN sequence stay in implicit VR (PS3.5 §6.2.2). */
  const outputs: Encoding[] = [explicitLittleEndian];
  const output = (): Encoding => outputs[outputs.length - 1]!;

  return function* (token, window) {
    if (token.kind === 'value') {
      const { tag, offset, byteCount } = token;
      const vr = token.vr ?? vrs.vrOf(tag, byteCount);
      yield elementHeader(output(), { tag, vr, byteCount });
      const unit = !token.encoding.bigEndian ? 1 : tag === PIXEL_DATA && outputs.length === 1 ? pixels : unitBytes(vr);
      if (tag === PIXEL_DATA || byteCount > MAX_KEPT_VALUE_BYTES) {
        yield { offset, byteCount, unit };
        return;
      }
      const value = window.bytes(offset, byteCount);
      if (isPrivateCreator(tag)) vrs.noteCreator(tag, value);
      yield swapped(value, unit);
    } else if (token.kind === 'sequence') {
      const vr = token.vr ?? 'SQ';
      yield elementHeader(output(), { tag: token.tag, vr, byteCount: undefined });
      outputs.push(vr === 'UN' ? implicitLittleEndian : output());
    } else if (token.kind === 'item') {
      vrs.enter();
      yield itemHeader(output(), ITEM, undefined);
    } else if (token.kind === 'item-end') {
      vrs.leave();
      yield itemHeader(output(), ITEM_END, 0);
    } else if (token.kind === 'sequence-end') {
      yield itemHeader(output(), SEQUENCE_END, 0);
      outputs.pop();
    } else if (token.kind === 'encapsulated' || token.kind === 'fragment') {
      throw new LedgerError('not-acceptable', 'The instance has fragments in a transfer syntax without them.');
    }
  };
}

/** Small stretches are sent together; long values are copied a chunk at a time. */
async function* joined(window: Window, parts: AsyncIterable<Stretch>): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const part of parts) {
    if (Buffer.isBuffer(part)) {
      pending.push(part);
      pendingBytes += part.length;
      if (pendingBytes < CHUNK_BYTES) continue;
    }
    if (pendingBytes > 0) yield Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    if (Buffer.isBuffer(part)) continue;
    for (let at = 0; at < part.byteCount; at += CHUNK_BYTES) {
      const byteCount = Math.min(CHUNK_BYTES, part.byteCount - at);
      const offset = part.offset + at;
      if (!window.has(offset, byteCount) && !(await window.fill(offset, byteCount)))
        throw new LedgerError('corrupt', `The instance ends before byte ${offset + byteCount}.`);
      yield part.unit === 1 ? window.bytes(offset, byteCount) : swapped(window.bytes(offset, byteCount), part.unit);
    }
  }
  if (pendingBytes > 0) yield Buffer.concat(pending);
}
