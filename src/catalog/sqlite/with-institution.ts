import type { JsonElement } from '../../standard/dicom-json.js';
import { TAGS } from '../matching/tags.js';
import { isEmpty } from './site-names.js';

const TAG = TAGS.InstitutionName;

/**
 * Metadata as JSON text with `institution` for Institution Name (0008,0080), where it has none or an empty one; all else stays as it is,
 * to the letter. `metadata` is what JSON.stringify makes of attributes in ascending order (PS3.18 §F.2.2).
 */
export function withInstitution(metadata: string, institution: JsonElement): string {
  const member = `"${TAG}":${JSON.stringify(institution)}`;
  for (const { tag, start, end } of members(metadata)) {
    // JavaScript puts keys like `10000000` first.
    if (tag < TAG || /^[1-9]\d*$/.test(tag)) continue;
    if (tag > TAG) return `${metadata.slice(0, start)}${member},${metadata.slice(start)}`;
    const own = (JSON.parse(`{${metadata.slice(start, end)}}`) as Record<string, JsonElement>)[TAG];
    return isEmpty(own) ? metadata.slice(0, start) + member + metadata.slice(end) : metadata;
  }
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
