import type { ByteSource } from '../../base/byte-source.js';
import { asText } from './annotation.js';
import { bulkValue } from '../data-set/bulk-value.js';
import { characterSetOf } from '../data-set/character-set.js';
import { dataSetOf, elementOf, type DataSet } from '../data-set/data-set.js';
import { tagHex } from '../data-set/dictionary.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { jsonValue, textValues } from '../data-set/json-value.js';
import { collect } from '../data-set/read-range.js';

/** A content item of a structured report (PS3.3 §C.17.3), as people read it. */
export interface ReportItem {
  /** Meaning of its concept name; may be empty. */
  name: string;
  text: string;
  items: ReportItem[];
}

export interface Report {
  title: string;
  /** Patient, study and state, each with its name. */
  facts: [name: string, text: string][];
  items: ReportItem[];
}

const CONTENT_SEQUENCE = 0x0040a730;
const CONCEPT_NAME = 0x0040a043;
const TEXT_VALUE = 0x0040a160;

const FACTS: readonly (readonly [name: string, tag: number, vr: string])[] = [
  ['Patient', 0x00100010, 'PN'],
  ['Patient ID', 0x00100020, 'LO'],
  ['Birth date', 0x00100030, 'DA'],
  ['Sex', 0x00100040, 'CS'],
  ['Study date', 0x00080020, 'DA'],
  ['Study', 0x00081030, 'LO'],
  ['Accession number', 0x00080050, 'SH'],
  ['Institution', 0x00080080, 'LO'],
  ['Completion', 0x0040a491, 'CS'],
  ['Verification', 0x0040a493, 'CS'],
];

/** Longer texts are cut off in the answer, never in the archive. */
const MAX_TEXT_BYTES = 1024 * 1024;

/** Reads a structured report; texts that the header left out come from `source`. */
export async function readReport(header: InstanceHeader, source: ByteSource): Promise<Report> {
  const dataSet = dataSetOf(header);
  const long: LongTexts = async (path) => {
    if (!header.bulk.some((value) => value.path === path)) return undefined;
    const value = await bulkValue(source, header, path);
    return value.byteCount <= MAX_TEXT_BYTES ? collect(value.open()) : undefined;
  };
  return {
    title: meaning(dataSet, CONCEPT_NAME) || 'Report',
    facts: FACTS.map(([name, tag, vr]): [string, string] => [name, first(dataSet, tag, vr)]).filter(
      ([, text]) => text !== '',
    ),
    items: await contentItems(dataSet, { prefix: '', long }),
  };
}

type LongTexts = (path: string) => Promise<Buffer | undefined>;

async function contentItems(
  dataSet: DataSet,
  { prefix, long }: { prefix: string; long: LongTexts },
): Promise<ReportItem[]> {
  const items: ReportItem[] = [];
  for (const [index, item] of (elementOf(dataSet, CONTENT_SEQUENCE)?.items ?? []).entries()) {
    const path = `${prefix}${tagHex(CONTENT_SEQUENCE)}/${index}/`;
    const cut = await long(`${path}${tagHex(TEXT_VALUE)}`);
    items.push({
      name: meaning(item, CONCEPT_NAME),
      text: cut ? decoded(item, cut, 'UT') : valueOf(item),
      items: await contentItems(item, { prefix: path, long }),
    });
  }
  return items;
}

/** The text of a content item by its Value Type (PS3.3 Table C.17.3-7); of types without text, what they refer to. */
function valueOf(item: DataSet): string {
  const type = first(item, 0x0040a040, 'CS');
  switch (type) {
    case 'TEXT':
      return first(item, TEXT_VALUE, 'UT');
    case 'NUM':
      return measured(item);
    case 'CODE':
      return meaning(item, 0x0040a168);
    case 'DATETIME':
      return first(item, 0x0040a120, 'DT');
    case 'DATE':
      return first(item, 0x0040a121, 'DA');
    case 'TIME':
      return first(item, 0x0040a122, 'TM');
    case 'PNAME':
      return first(item, 0x0040a123, 'PN');
    case 'UIDREF':
      return first(item, 0x0040a124, 'UI');
    case 'CONTAINER':
      return '';
    default: {
      const [reference] = elementOf(item, 0x00081199)?.items ?? [];
      const uid = reference ? first(reference, 0x00081155, 'UI') : '';
      return [type, first(item, 0x00700023, 'CS'), uid].filter(Boolean).join(' ');
    }
  }
}

function measured(item: DataSet): string {
  const [value] = elementOf(item, 0x0040a300)?.items ?? [];
  if (!value) return meaning(item, 0x0040a301);
  const [unit] = elementOf(value, 0x004008ea)?.items ?? [];
  const code = unit ? first(unit, 0x00080100, 'SH') : '';
  // UCUM's "no units".
  return [first(value, 0x0040a30a, 'DS'), code === '1' ? '' : unit && codeMeaning(unit)].filter(Boolean).join(' ');
}

function meaning(dataSet: DataSet, tag: number): string {
  const [code] = elementOf(dataSet, tag)?.items ?? [];
  return code ? codeMeaning(code) : '';
}

function codeMeaning(code: DataSet): string {
  return first(code, 0x00080104, 'LO') || first(code, 0x00080100, 'SH');
}

function first(dataSet: DataSet, tag: number, vr: string): string {
  const element = elementOf(dataSet, tag);
  if (!element || element.value.length === 0) return '';
  if (element.vr === 'SQ') return '';
  const [value] =
    jsonValue({
      vr,
      value: element.value,
      bigEndian: element.bigEndian,
      characterSet: characterSetOf(dataSet),
    }).Value ?? [];
  return asText(value, vr);
}

function decoded(dataSet: DataSet, value: Buffer, vr: string): string {
  return asText(textValues({ vr, value, characterSet: characterSetOf(dataSet) })[0], vr);
}
