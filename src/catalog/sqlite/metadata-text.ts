import { dicomJsonText, type DicomJson } from '../../standard/dicom-json.js';

/** One attribute of a data set as JSON text: `"00080060":{…}`. */
export interface Member {
  tag: string;
  text: string;
}

/** The members of the text that `dicomJsonText` makes of attributes, ascending. */
export function membersOf(attributes: DicomJson): Member[] {
  return Object.keys(attributes)
    .sort()
    .map((tag) => ({ tag, text: dicomJsonText({ [tag]: attributes[tag]! }).slice(1, -1) }));
}

/** Two ascending lists as one; of members of one tag, that of the first. */
export function mergedMembers(first: readonly Member[], second: readonly Member[]): Member[] {
  const merged: Member[] = [];
  let at = 0;
  for (const member of first) {
    for (; at < second.length && second[at]!.tag < member.tag; at++) merged.push(second[at]!);
    if (second[at]?.tag === member.tag) at++;
    merged.push(member);
  }
  return at < second.length ? merged.concat(second.slice(at)) : merged;
}

export const textOfMembers = (members: readonly Member[]): string => `{${members.map(({ text }) => text).join(',')}}`;

/**
 * What metadata, as JSON text, has besides `known`, from which it is made up again to the letter; undefined when it cannot be, since its
 * members stand in another order or are written otherwise.
 */
export function restOf(metadata: string, known: readonly DicomJson[]): DicomJson | undefined {
  const all = JSON.parse(metadata) as DicomJson;
  const isKnown = (tag: string): boolean => known.some((attributes) => tag in attributes);
  const rest = Object.fromEntries(Object.entries(all).filter(([tag]) => !isKnown(tag)));
  const members = [...known, rest].map(membersOf).reduce(mergedMembers, []);
  return textOfMembers(members) === metadata ? rest : undefined;
}
