/** One member of an Accept header or `accept` query parameter (RFC 9110 §12.5.1, PS3.18 §8.7.3.5). */
export interface MediaRange {
  /** Lower case; of a multipart its `type` parameter. May be a wildcard: `image/*`, `*` + `/*`. */
  mediaType: string;
  /** `multipart/related` or not; undefined when the range leaves it open. */
  multipart: boolean | undefined;
  /** In the order of the request, also those inside the quotes of `type`. */
  transferSyntaxes: string[];
  /** 0 to 1. */
  q: number;
}

const ANYTHING = '*/*';

/** Names of editions before 2018 that viewers still send, and what they are called today. */
const OLD_NAMES: Record<string, string> = {
  'image/dicom+jpeg': 'image/jpeg',
  'image/dicom+jpeg-ls': 'image/jls',
  'image/x-jls': 'image/jls',
  'image/dicom+jp2': 'image/jp2',
  'image/dicom+jpx': 'image/jpx',
  'image/dicom+rle': 'image/dicom-rle',
  'image/x-dicom-rle': 'image/dicom-rle',
  'image/jhc': 'image/jphc',
};

/** Reads an Accept value; members that are no media range are left out. */
export function parseMediaRanges(accept: string): MediaRange[] {
  return splitOutsideQuotes(accept, ',').flatMap((member) => parseMember(member) ?? []);
}

function parseMember(member: string): MediaRange | undefined {
  const { name, parameters } = parseParameters(member);
  if (name === undefined) return undefined;
  const transferSyntaxes: string[] = [];
  let q = 1;
  let partType: string | undefined;
  for (const [key, value] of parameters) {
    if (key === 'q') q = Number(value);
    else if (key === 'transfer-syntax') transferSyntaxes.push(value);
    else if (key === 'type' && partType === undefined) {
      // PS3.18 puts transfer-syntax outside the quotes; many clients put it inside.
      const inner = parseParameters(value);
      if (inner.name === undefined) return undefined;
      partType = inner.name;
      for (const [innerKey, innerValue] of inner.parameters)
        if (innerKey === 'transfer-syntax') transferSyntaxes.push(innerValue);
    }
  }
  if (!(q >= 0 && q <= 1)) return undefined;
  if (name === 'multipart/related' || name === 'multipart/*')
    return { mediaType: partType ?? ANYTHING, multipart: true, transferSyntaxes, q };
  return { mediaType: name, multipart: name === ANYTHING ? undefined : false, transferSyntaxes, q };
}

function parseParameters(text: string): { name: string | undefined; parameters: [string, string][] } {
  const [first = '', ...rest] = splitOutsideQuotes(text, ';').map((piece) => piece.trim());
  const parameters = rest.flatMap((piece): [string, string][] => {
    const at = piece.indexOf('=');
    if (at < 1) return [];
    return [[piece.slice(0, at).trim().toLowerCase(), unquote(piece.slice(at + 1).trim())]];
  });
  const lower = first.toLowerCase();
  // Java's URLConnection writes `*` for `*/*`.
  const name = lower === '*' ? ANYTHING : (OLD_NAMES[lower] ?? lower);
  return { name: /^[^\s/]+\/[^\s/]+$/.test(name) ? name : undefined, parameters };
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  return value.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1').trim();
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    if (quoted && text[at] === '\\') at++;
    else if (text[at] === '"') quoted = !quoted;
    else if (!quoted && text[at] === separator) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  pieces.push(text.slice(start));
  return pieces.filter((piece) => piece.trim() !== '');
}
