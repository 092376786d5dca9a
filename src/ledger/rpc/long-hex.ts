/** Hex strings of at least so many characters are taken out of an answer. */
const LEAST_CHARS = 1_024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MARKER = '#';

/** An answer of JSON whose long hex strings are bytes. */
export interface LongHexAnswer {
  /** What was parsed; each long string is a short one that `bytesOf` knows. */
  value: unknown;
  /** The bytes of a hex string of the answer, whether it was taken out or not. Throws when it is none. */
  bytesOf: (text: unknown) => Buffer;
}

/**
 * Parses JSON in which most is hex, as code is: long strings of the form "0x…" are decoded from the bytes that came, and never are
 * text. All of them share one buffer. Throws when what is left is no JSON.
 */
export function parseLongHex(body: Buffer): LongHexAnswer {
  const decoded = Buffer.allocUnsafeSlow(body.length >> 1);
  let used = 0;
  const taken: Buffer[] = [];
  const rest: string[] = [];
  let kept = 0;
  for (let at = body.indexOf('"0x', 0, 'latin1'); at !== -1;) {
    const end = body.indexOf(QUOTE, at + 3);
    if (end === -1) break;
    if (end - at > LEAST_CHARS && body[at - 1] !== BACKSLASH) {
      const hexChars = end - at - 3;
      const byteCount = decoded.write(body.toString('latin1', at + 3, end), used, 'hex');
      if (2 * byteCount !== hexChars) throw new Error('the node sent hex that is none');
      rest.push(body.toString('utf8', kept, at), `"${MARKER}${taken.length}"`);
      taken.push(decoded.subarray(used, used + byteCount));
      used += byteCount;
      kept = end + 1;
    }
    at = body.indexOf('"0x', end, 'latin1');
  }
  rest.push(body.toString('utf8', kept));
  return {
    value: JSON.parse(rest.join('')) as unknown,
    bytesOf: (text) => {
      if (typeof text === 'string' && text.startsWith(MARKER)) {
        const bytes = taken[Number(text.slice(MARKER.length))];
        if (bytes) return bytes;
      }
      if (typeof text === 'string' && /^0x([0-9a-f]{2})*$/i.test(text)) return Buffer.from(text.slice(2), 'hex');
      throw new Error('the node sent hex that is none');
    },
  };
}
