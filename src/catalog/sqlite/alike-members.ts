import { dicomJsonText, type DicomJson } from '../../standard/dicom-json.js';

/** One attribute of a data set as JSON text: `"00080060":{…}`. */
export type Member = string;

/** Where members end: JSON text has no such line end within (RFC 8259 §7). */
const BETWEEN = ',\n';

const tagOf = (member: Member): string => member.slice(1, 9);

/** The members of the text that `dicomJsonText` makes of attributes, ascending. */
export function membersOf(attributes: DicomJson): Member[] {
  return Object.keys(attributes)
    .sort()
    .map((tag) => dicomJsonText({ [tag]: attributes[tag]! }).slice(1, -1));
}

/** JSON text of attributes that `splitMembers` takes apart again without parsing it. */
export const linesOf = (attributes: DicomJson): string => `{${membersOf(attributes).join(BETWEEN)}}`;

/** The members of what `linesOf` has made. */
export const splitMembers = (lines: string): Member[] => (lines === '{}' ? [] : lines.slice(1, -1).split(BETWEEN));

/** Two ascending lists as one; of members of one tag, that of the first. */
export function mergedMembers(first: readonly Member[], second: readonly Member[]): Member[] {
  const merged: Member[] = [];
  let at = 0;
  for (const member of first) {
    const tag = tagOf(member);
    for (; at < second.length && tagOf(second[at]!) < tag; at++) merged.push(second[at]!);
    if (at < second.length && tagOf(second[at]!) === tag) at++;
    merged.push(member);
  }
  return at < second.length ? merged.concat(second.slice(at)) : merged;
}

/** Members that many data sets have, as one text, so that only what they have besides is put between. */
export interface AlikeMembers {
  /** The text of the data set that has these and `own`, which is ascending and stands where both have a tag. */
  textWith(own: readonly Member[]): string;
}

export function createAlikeMembers(members: readonly Member[]): AlikeMembers {
  const tags = members.map(tagOf);
  const text = members.map((member) => `${member},`).join('');
  const starts = [0];
  for (const member of members) starts.push(starts.at(-1)! + member.length + 1);
  return {
    textWith: (own) => {
      let made = '{';
      let at = 0;
      for (const member of own) {
        const tag = tagOf(member);
        const to = firstFrom(tags, tag, at);
        made += `${text.slice(starts[at], starts[to])}${member},`;
        at = tags[to] === tag ? to + 1 : to;
      }
      made += text.slice(starts[at]);
      return made === '{' ? '{}' : `${made.slice(0, -1)}}`;
    },
  };
}

/** The index, from `start` on, of the first tag that is not below `tag`. */
function firstFrom(tags: readonly string[], tag: string, start: number): number {
  let [low, high] = [start, tags.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tags[middle]! < tag) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What metadata, as JSON text, has besides `known`, from which it is made up again to the letter; undefined when it cannot be, since its
 * members stand in another order or are written otherwise.
 */
export function restOf(metadata: string, known: readonly DicomJson[]): DicomJson | undefined {
  const all = JSON.parse(metadata) as DicomJson;
  const isKnown = (tag: string): boolean => known.some((attributes) => tag in attributes);
  const rest = Object.fromEntries(Object.entries(all).filter(([tag]) => !isKnown(tag)));
  const members = [...known, rest].map(membersOf).reduce(mergedMembers, []);
  return `{${members.join(',')}}` === metadata ? rest : undefined;
}
