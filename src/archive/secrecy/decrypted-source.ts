import { type ByteSource, requireWithin } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import { streamAhead, type StreamSource } from '../../pieces/stream-ahead.js';
import { decryptBodyCell, ENCRYPTED_SCHEME } from '../../secrecy/body.js';
import type { Role } from '../../secrecy/body-keys.js';
import { CELL_BYTES, cellCount, cellRange, plaintextByteCount } from '../../secrecy/cell-range.js';
import { type CellKeys, isCommitOf, KEY_COMMITMENT_BYTES } from '../../secrecy/cell.js';
import { withoutPadding } from '../../secrecy/padding.js';
import { otherKey } from './other-key.js';

/** About 1 MB. */
const BATCH_CELLS = 16;
/** Cells that are kept: where one batch of segments ends and the next begins, and all of a short body. */
const KEPT_CELLS = 16;
/** A body of at most so many bytes is fetched at once: its index, its key commitment and what is asked for are wanted anyway. */
const FETCHED_WHOLE_BYTES = 512 * 1024;

export interface DecryptedOptions {
  role: Role;
  /** Bytes before the padding, as the header says. */
  byteCount: number;
  /** Asked for with the first read. May throw. */
  keys: () => CellKeys;
  /** Whether the key commitment was found right before, and where that is noted. */
  commitment: { isRight: () => boolean; noteRight: () => void };
  /** Whether all of the padding is looked at when the end is read, and not only what lies in the cells that are read. */
  checksPadding: boolean;
}

/**
 * What is in an encrypted body, without its padding; only the cells that hold what is asked for are read. Its key commitment is held
 * against the key first: reads reject with what `isOtherKey` knows if it is another's, and with `corrupt` for a damaged cell or padding, of which no byte is
 * given. Throws `corrupt` for a body that is too short for `byteCount`.
 */
export function decryptedSource(
  stored: ByteSource,
  { role, byteCount, keys: keysOfBody, commitment, checksPadding }: DecryptedOptions,
): StreamSource {
  const form = { scheme: ENCRYPTED_SCHEME, role, byteCount: plaintextByteCount(stored.byteCount) };
  if (byteCount > form.byteCount)
    throw new LedgerError(
      'corrupt',
      `An encrypted body of ${form.byteCount} bytes cannot hold the ${byteCount} that its header says.`,
    );
  const cells = cellCount(form.byteCount);
  const isShort = stored.byteCount <= FETCHED_WHOLE_BYTES;
  /** The oldest first. */
  const kept = new Map<number, Promise<Buffer>>();
  let opened: Promise<CellKeys> | undefined;

  /** Where cells `from` … `to - 1` lie. */
  const rangeOf = (from: number, to: number): { offset: number; byteCount: number } => {
    const { offset } = cellRange(form.byteCount, from);
    const last = cellRange(form.byteCount, to - 1);
    return { offset, byteCount: last.offset + last.byteCount - offset };
  };

  const decrypt = (keys: CellKeys, number: number, cell: Buffer): Buffer => {
    const plaintext = decryptBodyCell(keys, form, number, cell);
    const padding = Math.min(plaintext.length, Math.max(0, byteCount - number * CELL_BYTES));
    withoutPadding(plaintext, padding);
    return plaintext;
  };

  const keep = (number: number, cell: Promise<Buffer>): void => {
    kept.delete(number);
    kept.set(number, cell);
    if (kept.size > KEPT_CELLS) kept.delete(kept.keys().next().value!);
    cell.catch(() => kept.get(number) === cell && kept.delete(number));
  };

  /** @param start of the stored bytes */
  const requireCommitment = (keys: CellKeys, start: Buffer): void => {
    if (!isCommitOf(keys, start.subarray(0, KEY_COMMITMENT_BYTES))) throw otherKey();
    commitment.noteRight();
  };

  /** Reads the key commitment, with the first cell or all of them. */
  const readCommitment = async (keys: CellKeys): Promise<void> => {
    const to = isShort ? cells : 1;
    const range = rangeOf(0, to);
    const bytes = await stored.read(0, range.offset + range.byteCount);
    requireCommitment(keys, bytes);
    for (let number = 0; number < to; number++) {
      const { offset, byteCount: length } = cellRange(form.byteCount, number);
      // Of a damaged one, only those who ask for it are to hear.
      keep(
        number,
        Promise.resolve(bytes.subarray(offset, offset + length)).then((cell) => decrypt(keys, number, cell)),
      );
    }
  };

  /** @param start of the stored bytes, where that is being read anyway */
  const open = (start?: Promise<Buffer>): Promise<CellKeys> => {
    const opening = (async () => {
      const keys = keysOfBody();
      if (commitment.isRight()) return keys;
      if (start) requireCommitment(keys, await start);
      else await readCommitment(keys);
      return keys;
    })();
    // A read that fails is not remembered: the node may answer the next time.
    opening.catch(() => (opened = undefined));
    return opening;
  };

  const fetchCells = async (from: number, to: number): Promise<Buffer[]> => {
    const range = rangeOf(from, to);
    // The key commitment stands before the first cell.
    const start = from === 0 ? 0 : range.offset;
    const reading = stored.read(start, range.offset + range.byteCount - start);
    const [keys, bytes] = await Promise.all([(opened ??= open(from === 0 ? reading : undefined)), reading]);
    return Array.from({ length: to - from }, (_, i) => {
      const { offset, byteCount: length } = cellRange(form.byteCount, from + i);
      return decrypt(keys, from + i, bytes.subarray(offset - start, offset - start + length));
    });
  };

  /** Fetches cells in a row; its first and its last are kept for the neighbours. */
  const fetchRow = (from: number, to: number): Promise<Buffer>[] => {
    const row = fetchCells(from, to);
    const each = Array.from({ length: to - from }, (_, i) => row.then((all) => all[i]!));
    for (const cell of each) cell.catch(() => undefined);
    keep(from, each[0]!);
    keep(to - 1, each.at(-1)!);
    return each;
  };

  const cellsOf = (from: number, to: number): Promise<Buffer[]> => {
    const found: Promise<Buffer>[] = [];
    for (let number = from; number < to;) {
      const known = kept.get(number);
      let end = number + 1;
      if (known) found.push(known);
      else {
        while (end < to && !kept.has(end)) end++;
        found.push(...fetchRow(number, end));
      }
      number = end;
    }
    return Promise.all(found);
  };

  let isPaddingChecked = !checksPadding;
  const checkPadding = async (): Promise<void> => {
    for (let from = Math.ceil(byteCount / CELL_BYTES); from < cells; from += BATCH_CELLS)
      await cellsOf(from, Math.min(cells, from + BATCH_CELLS));
    isPaddingChecked = true;
  };

  /** What is wanted of each cell. */
  const readParts = async (offset: number, wanted: number): Promise<Buffer[]> => {
    requireWithin(offset, wanted, byteCount);
    if (isShort) await (opened ??= open());
    const first = Math.floor(offset / CELL_BYTES);
    const end = wanted === 0 ? first : Math.ceil((offset + wanted) / CELL_BYTES);
    const plaintexts = await cellsOf(first, end);
    if (!isPaddingChecked && offset + wanted === byteCount) await checkPadding();
    return plaintexts.map((plaintext, i) => {
      const at = (first + i) * CELL_BYTES;
      return plaintext.subarray(Math.max(0, offset - at), offset + wanted - at);
    });
  };

  return {
    byteCount,
    readParts,
    read: async (offset, wanted) => {
      const parts = await readParts(offset, wanted);
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    },
    stream: (offset, wanted) =>
      streamAhead({ byteCount, read: readParts }, { offset, byteCount: wanted, batchBytes: BATCH_CELLS * CELL_BYTES }),
  };
}
