import type { DicomJson } from '../../standard/dicom-json.js';
import { characterSetOf } from './character-set.js';
import { dataSetOf, elementOf } from './data-set.js';
import { unitBytes } from './encoding.js';
import type { InstanceHeader } from './instance-header.js';
import { textValues } from './json-value.js';
import { ATTRIBUTE_LEVELS } from '../../standard/attribute-levels.js';

/** The attributes by which an instance is kept and found; '' for one that is missing or empty. */
export interface Identity {
  SOPClassUID: string;
  SOPInstanceUID: string;
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  PatientID: string;
  IssuerOfPatientID: string;
  Modality: string;
}

const IDENTITY_TAGS = {
  SOPClassUID: 0x00080016,
  SOPInstanceUID: 0x00080018,
  StudyInstanceUID: 0x0020000d,
  SeriesInstanceUID: 0x0020000e,
  PatientID: 0x00100020,
  IssuerOfPatientID: 0x00100021,
  Modality: 0x00080060,
} as const satisfies Record<keyof Identity, number>;

export function identify(header: InstanceHeader): Identity {
  const dataSet = dataSetOf(header);
  const characterSet = characterSetOf(dataSet);
  const text = (tag: number): string => {
    const element = elementOf(dataSet, tag);
    // Bytes of a number are others in the other byte order: no name to keep an instance by.
    if (!element || element.value.length === 0 || unitBytes(element.vr) > 1) return '';
    const vr = tag === IDENTITY_TAGS.PatientID || tag === IDENTITY_TAGS.IssuerOfPatientID ? 'LO' : 'UI';
    const [first] = textValues({ vr, value: element.value, characterSet });
    return typeof first === 'string' ? first : '';
  };
  return Object.fromEntries(
    Object.entries(IDENTITY_TAGS).map(([keyword, tag]) => [keyword, text(tag)]),
  ) as unknown as Identity;
}

/** An instance's attributes by the level that they describe. */
export interface AttributeLevels {
  /** Patient and study. */
  study: DicomJson;
  series: DicomJson;
  /** All other attributes but the large ones: no bulk data, and no element of more than 4,096 characters of JSON. */
  instance: DicomJson;
}

const MAX_INSTANCE_ELEMENT_CHARACTERS = 4_096;
/** Real ones have at most a fifth of it; it is what keeps a header that was made to be long from all who search. */
const MAX_LEVEL_CHARACTERS = 64 * 1024;

/**
 * Splits the JSON of an instance into the attributes of each level of a search. Left out are Specific Character Set,
 * because answers are UTF-8, what the catalogue computes (counts, availability, URLs), and what has no room in the
 * 65,536 characters of JSON of its level.
 */
export function attributeLevels(json: DicomJson): AttributeLevels {
  const result: AttributeLevels = { study: {}, series: {}, instance: {} };
  const room = { study: MAX_LEVEL_CHARACTERS, series: MAX_LEVEL_CHARACTERS, instance: MAX_LEVEL_CHARACTERS };
  const add = (level: keyof AttributeLevels, tag: string, characters: number): void => {
    if (characters > room[level]) return;
    room[level] -= characters;
    result[level][tag] = json[tag]!;
  };
  for (const [tag, element] of Object.entries(json)) {
    if (ATTRIBUTE_LEVELS.computed.has(tag) || element.BulkDataURI !== undefined) continue;
    const characters = JSON.stringify(element).length;
    if (ATTRIBUTE_LEVELS.study.has(tag) || tag.startsWith('0010')) add('study', tag, characters);
    else if (ATTRIBUTE_LEVELS.series.has(tag)) add('series', tag, characters);
    else if (characters <= MAX_INSTANCE_ELEMENT_CHARACTERS) add('instance', tag, characters);
  }
  const timezone = json['00080201'];
  if (timezone) for (const level of [result.study, result.series]) level['00080201'] = timezone;
  for (const key of ['study', 'series'] as const) result[key] = ascending(result[key]);
  return result;
}

function ascending(json: DicomJson): DicomJson {
  return Object.fromEntries(Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)));
}
