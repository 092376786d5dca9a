import type { JsonElement } from '../../standard/dicom-json.js';

/**
 * Metadata as JSON text with another value of one attribute, by the one that it has; undefined leaves it as it is. All else stays, to
 * the letter. `metadata` is what JSON.stringify makes of attributes in ascending order (PS3.18 §F.2.2).
 */
export function withAttribute(
  metadata: string,
  tag: string,
  valueOf: (own: JsonElement | undefined) => JsonElement | undefined,
): string {
  const memberOf = (own: JsonElement | undefined): string | undefined => {
    const value = valueOf(own);
    return value && `"${tag}":${JSON.stringify(value)}`;
  };
  for (const { tag: at, start, end } of members(metadata)) {
    // JavaScript puts keys like `10000000` first.
    if (at < tag || /^[1-9]\d*$/.test(at)) continue;
    if (at === tag) {
      const own = (JSON.parse(`{${metadata.slice(start, end)}}`) as Record<string, JsonElement>)[tag];
      const member = memberOf(own);
      return member === undefined ? metadata : metadata.slice(0, start) + member + metadata.slice(end);
    }
    const member = memberOf(undefined);
    return member === undefined ? metadata : `${metadata.slice(0, start)}${member},${metadata.slice(start)}`;
  }
  const member = memberOf(undefined);
  if (member === undefined) return metadata;
  const close = metadata.lastIndexOf('}');
  const isBare = metadata.slice(0, close).trimEnd().endsWith('{');
  return `${metadata.slice(0, close)}${isBare ? '' : ','}${member}}`;
}

/** The members of an object in JSON text and where they stand, one at a time: most of a long text is not looked at. */
function* members(text: string): Generator<{ tag: string; start: number; end: number }> {
  let depth = 0;
  let start = text.indexOf('{') + 1;
  const member = (end: number) => ({
    tag: text.slice(text.indexOf('"', start) + 1, text.indexOf('"', start) + 9),
    start,
    end,
  });
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === '{' || character === '[') depth++;
    else if (depth > 0 && (character === '}' || character === ']')) depth--;
    else if (depth === 0 && (character === ',' || character === '}')) {
      if (text.slice(start, at).trim() !== '') yield member(at);
      if (character === '}') return;
      start = at + 1;
    }
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
