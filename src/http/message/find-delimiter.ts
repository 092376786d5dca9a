/** What a buffer holds: a delimiter from `at` to `end`, or `safe` bytes in front that are certainly data. */
export type Found =
  | { kind: 'next'; at: number; end: number }
  | { kind: 'close'; at: number; end: number }
  | { kind: 'none'; safe: number };

/** RFC 2046 §5.1.1 `transport-padding`: blanks between a boundary and its line end. */
const MAX_PADDING_BYTES = 1024;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = 0x20;
const DASH = 0x2d;

/**
 * Finds the first delimiter: line end, `--boundary`, then `--` or blanks and a line end. A boundary that goes on in
 * another way is data. At the end of the body (`ended`) a delimiter that is cut short counts as the closing one.
 */
export function findDelimiter(bytes: Buffer, delimiter: Buffer, ended: boolean): Found {
  for (let from = 0; ;) {
    const at = bytes.indexOf(delimiter, from);
    if (at < 0) return { kind: 'none', safe: safeBytes(bytes, delimiter, from, ended) };
    const found = readLineEnd(bytes, at, at + delimiter.length, ended);
    if (found !== undefined) return found;
    from = at + 1;
  }
}

/** What ends at `after`, the first byte behind a boundary at `at`; undefined when the bytes there show that it is data. */
function readLineEnd(bytes: Buffer, at: number, after: number, ended: boolean): Found | undefined {
  const undecided: Found = ended ? { kind: 'close', at, end: bytes.length } : { kind: 'none', safe: at };
  if (bytes[after] === DASH) {
    if (bytes[after + 1] === DASH) return { kind: 'close', at, end: after + 2 };
    return bytes.length === after + 1 ? undecided : undefined;
  }
  let end = after;
  while (bytes[end] === BLANK || bytes[end] === TAB) if (++end - after > MAX_PADDING_BYTES) return undefined;
  if (end === bytes.length) return undecided;
  if (bytes[end] === LINE_FEED) return { kind: 'next', at, end: end + 1 };
  if (bytes[end] !== CARRIAGE_RETURN) return undefined;
  if (end + 1 === bytes.length) return undecided;
  return bytes[end + 1] === LINE_FEED ? { kind: 'next', at, end: end + 2 } : undefined;
}

/** How many bytes are certainly data: those before the first place at which a delimiter may have begun. */
function safeBytes(bytes: Buffer, delimiter: Buffer, from: number, ended: boolean): number {
  if (ended) return bytes.length;
  const first = delimiter[0] ?? 0;
  let at = bytes.indexOf(first, Math.max(from, bytes.length - delimiter.length + 1));
  while (at >= 0) {
    if (bytes.subarray(at).equals(delimiter.subarray(0, bytes.length - at))) return at;
    at = bytes.indexOf(first, at + 1);
  }
  return bytes.length;
}
