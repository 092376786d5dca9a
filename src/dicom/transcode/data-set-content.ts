import { createHash, type Hash } from 'node:crypto';
import type { ByteSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import { isEncapsulated, traitsOf } from '../../standard/transfer-syntaxes.js';
import { streamWindow, type ByteWindow } from '../data-set/byte-window.js';
import { explicitLittleEndian } from '../data-set/encoding.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { CHUNK_BYTES } from '../data-set/read-range.js';
import { PIXEL_DATA, walkDataSet, type Token } from '../data-set/walk-data-set.js';
import { openExplicitDataSet } from './transcode.js';
import type { ConvertFrame } from './transcode-pixels.js';

/** Whether what a data set says can be told from its bytes in this transfer syntax: nothing was lost, and it can be decoded. */
export function hasComparableContent(transferSyntaxUID: string): boolean {
  const { lossy, codec } = traitsOf(transferSyntaxUID);
  return !lossy && (!isEncapsulated(transferSyntaxUID) || codec !== undefined);
}

/**
 * SHA-256, hex, of what a data set says, whatever its transfer syntax: the place of every element and its value in little endian, pixels
 * decoded. Left out is what the transfer syntax brings with it: group lengths (PS3.5 §7.2), padding at the end (PS3.10 §7.2), and how
 * the length of a sequence is told. `withVrs` takes in the value representations, which implicit VR has not. Throws what `convert`
 * throws, and `not-acceptable` for what cannot be converted.
 */
export async function dataSetContent(
  source: ByteSource,
  header: InstanceHeader,
  { convert, withVrs }: { convert: ConvertFrame; withVrs: boolean },
): Promise<string> {
  const window = streamWindow(await openExplicitDataSet(source, header, { convert }));
  const hash = createHash('sha256');
  try {
    const walk = walkDataSet(window, { offset: 0, encoding: explicitLittleEndian, presentBytes: 0 });
    for (let step = walk.next(true); !step.done;) {
      const token = step.value;
      if (token.kind === 'need') {
        step = walk.next(await window.fill(token.offset, token.byteCount));
        continue;
      }
      if (!isOfSyntax(token)) {
        hash.update(markOf(token, withVrs));
        if (token.kind === 'value') await addValue(hash, window, token);
      }
      step = walk.next(true);
    }
  } finally {
    await window.close();
  }
  return hash.digest('hex');
}

const DATA_SET_TRAILING_PADDING = 0xfffcfffc;

function isOfSyntax(token: Token): boolean {
  return token.kind === 'value' && ((token.tag & 0xffff) === 0 || token.tag === DATA_SET_TRAILING_PADDING);
}

/** What comes, told so that no two lists of elements look alike. Pixel Data is OB or OW by its transfer syntax (PS3.5 §8.2). */
function markOf(token: Token, withVrs: boolean): string {
  const vr = 'vr' in token && withVrs && token.tag !== PIXEL_DATA ? (token.vr ?? '') : '';
  const byteCount = token.kind === 'value' ? token.byteCount : '';
  return `${token.kind} ${'tag' in token ? token.tag : ''} ${vr} ${byteCount}\n`;
}

async function addValue(
  hash: Hash,
  window: ByteWindow,
  { offset, byteCount }: Extract<Token, { kind: 'value' }>,
): Promise<void> {
  for (let done = 0; done < byteCount; done += CHUNK_BYTES) {
    const wanted = Math.min(CHUNK_BYTES, byteCount - done);
    if (!window.has(offset + done, wanted) && !(await window.fill(offset + done, wanted)))
      throw new LedgerError('corrupt', `The data set ends before byte ${offset + done + wanted}.`);
    hash.update(window.bytes(offset + done, wanted));
  }
}
