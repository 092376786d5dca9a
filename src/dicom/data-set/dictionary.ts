import { dictionary } from 'dcmjs/dictionary';
import type { VR } from './instance-header.js';

/** One row of PS3.6 §6: `tag` has eight upper-case hex digits. */
export interface DictionaryEntry {
  tag: string;
  vr: VR;
  keyword: string;
}

interface Row {
  vr: string;
  keyword: string;
}

interface RangeRow extends Row {
  groups: readonly [number, number];
  elements: readonly [number, number];
}

/** Rows of PS3.6 that the packaged dictionary has wrong. */
const CORRECTIONS: readonly (readonly [tag: number, vr: VR, keyword: string])[] = [
  [0x00221642, 'UL', 'NumberOfBscansPerFrame'],
  [0x0040a803, 'UL', 'NumberOfTableColumns'],
  [0x00660040, 'OL', 'LongPrimitivePointIndexList'],
  [0x00660041, 'OL', 'LongTrianglePointIndexList'],
  [0x00660042, 'OL', 'LongEdgePointIndexList'],
  [0x00660043, 'OL', 'LongVertexPointIndexList'],
  [0x006862f0, 'SQ', 'ViewOrientationModifierCodeSequence'],
  [0x00701305, 'FD', 'Plane'],
  [0x00701306, 'FD', 'PlaneNormal'],
  [0x0070150c, 'UL', 'NumberOfVolumetricCurvePoints'],
  [0x00760034, 'SQ', 'ComponentTypeCodeSequence'],
  [0x300a0131, 'FL', 'AverageBeamDosePointSourceToExternalContourDistance'],
  [0x40101029, 'LO', 'ThreatDetectionAlgorithmAndVersion'],
];

/** The dictionary's own marks for rows with a choice of value representation (`xs` = US or SS is left to the reader). */
const CHOICES: Readonly<Record<string, string>> = { up: 'UL', ox: 'OW', lt: 'OW', xs: 'xs' };

const rows = new Map<number, Row>();
const RANGES: RangeRow[] = [];
const privateRows = new Map<string, string>();
const tagsByKeyword = new Map<string, number>();

for (const { tag, vr, name } of Object.values(dictionary)) load(tag, CHOICES[vr] ?? vr, name);
for (const [tag, vr, keyword] of CORRECTIONS) addRow(tag, { vr, keyword });

function load(tag: string, vr: string, name: string | undefined): void {
  if (vr === 'na') return;
  const keyword = (name ?? '').replace(/^RETIRED_/, '').replace(/^undefined$/, '');
  const inner = tag.slice(1, -1);
  const quoted = /^([0-9a-f]{4}),"(.*)",([0-9a-f]{2})$/i.exec(inner);
  if (quoted) {
    privateRows.set(privateKey(parseInt(quoted[1]!, 16), quoted[2]!, parseInt(quoted[3]!, 16)), vr);
    return;
  }
  const [groups, elements] = inner.split(',').map(parseRange) as [[number, number], [number, number]];
  if (groups[0] === groups[1] && elements[0] === elements[1])
    addRow(groups[0] * 0x10000 + elements[0], { vr, keyword });
  else RANGES.push({ groups, elements, vr, keyword });
}

function addRow(tag: number, row: Row): void {
  rows.set(tag, row);
  if (row.keyword !== '' && !tagsByKeyword.has(row.keyword)) tagsByKeyword.set(row.keyword, tag);
}

function parseRange(text: string): [number, number] {
  const [low, high] = text.split('-');
  return [parseInt(low!, 16), parseInt(high ?? low!, 16)];
}

function privateKey(group: number, creator: string, element: number): string {
  return `${group}|${creator}|${element}`;
}

function row(tag: number): Row | undefined {
  const exact = rows.get(tag);
  if (exact) return exact;
  const group = Math.floor(tag / 0x10000);
  const element = tag % 0x10000;
  return RANGES.find(
    ({ groups, elements }) =>
      group % 2 === 0 && group >= groups[0] && group <= groups[1] && element >= elements[0] && element <= elements[1],
  );
}

/** Value representation of a public tag: two letters, `xs` for US or SS by (0028,0103), undefined when it is not known. */
export function publicVr(tag: number): string | undefined {
  if (tag % 0x10000 === 0) return 'UL';
  return row(tag)?.vr;
}

/** Value representation of a private element by its creator (PS3.5 §7.8.1), undefined when it is not known. */
export function privateVr(tag: number, creator: string): string | undefined {
  return privateRows.get(privateKey(Math.floor(tag / 0x10000), creator, tag % 0x100));
}

export function isPrivate(tag: number): boolean {
  return Math.floor(tag / 0x10000) % 2 === 1;
}

/** True for (gggg,0010) to (gggg,00FF) of an odd group, whose values name the owner of a block of private elements. */
export function isPrivateCreator(tag: number): boolean {
  const element = tag % 0x10000;
  return isPrivate(tag) && element >= 0x10 && element <= 0xff;
}

/** The tag of the creator that reserved the block of a private element. */
export function creatorTag(tag: number): number {
  return tag - (tag % 0x10000) + Math.floor((tag % 0x10000) / 0x100);
}

/** Eight upper-case hex digits. */
export function tagHex(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}

/** For messages: `(0020,000D)`. */
export function tagText(tag: number): string {
  const hex = tagHex(tag);
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}

/**
 * Finds an attribute by keyword (`PatientID`) or by eight hex digits in any case. The VR of private and unknown tags is
 * UN. Undefined for text that is neither keyword nor tag.
 */
export function attribute(keywordOrTag: string): DictionaryEntry | undefined {
  const tag =
    tagsByKeyword.get(keywordOrTag) ?? (/^[0-9a-f]{8}$/i.test(keywordOrTag) ? parseInt(keywordOrTag, 16) : undefined);
  if (tag === undefined) return undefined;
  const vr = isPrivateCreator(tag) ? 'LO' : (publicVr(tag) ?? 'UN');
  return { tag: tagHex(tag), vr: vr === 'xs' ? 'US' : vr, keyword: row(tag)?.keyword ?? '' };
}
