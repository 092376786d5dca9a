import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';
import { TAGS } from './tags.js';

/** What one instance says of its study or series, and where it is on the chain. */
export interface Saying {
  attributes: DicomJson;
  at: number;
}

/** What several say together: of each attribute what the lowest says that has a value. */
export interface Merged {
  attributes: DicomJson;
  /** The highest position of those that say something of it. */
  until: number;
  /** Who says which patient it is: the lowest that has a PatientID; the lowest of all when none has. */
  patientAt: number;
  /** One of them names another patient. Nothing that it says is taken. */
  namesOther: boolean;
}

const hasValue = (element: JsonElement | undefined): boolean =>
  Object.entries(element ?? {}).some(([name, value]) => name !== 'vr' && (name !== 'Value' || isFilled(value)));

const isFilled = (values: unknown): boolean =>
  Array.isArray(values) &&
  values.some((value: unknown) =>
    typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : value !== '' && value !== null,
  );

/** The first value of a text. */
function textOf(attributes: DicomJson, tag: string): string {
  const [value] = attributes[tag]?.Value ?? [];
  return typeof value === 'string' ? value.trim() : '';
}

/** Whether both name a patient, and it is not the same: another PatientID, or one of another issuer. */
export function namesOtherPatient(a: DicomJson, b: DicomJson): boolean {
  const [ids, issuers] = [TAGS.PatientID, TAGS.IssuerOfPatientID].map((tag) => [textOf(a, tag), textOf(b, tag)]);
  const differ = ([one, other]: string[] = []): boolean => Boolean(one && other) && one !== other;
  return differ(ids) || (Boolean(ids?.[0] && ids[1]) && differ(issuers));
}

const addsOf = (known: DicomJson, more: DicomJson): string[] =>
  Object.keys(more).filter((tag) => !(tag in known) || (hasValue(more[tag]) && !hasValue(known[tag])));

/** Whether a later one says something that is not said yet. */
export const addsTo = (known: DicomJson, more: DicomJson): boolean =>
  !namesOtherPatient(known, more) && addsOf(known, more).length > 0;

/** Merges what is said, ascending along the chain. Undefined when nobody says anything. */
export function mergeAttributes(sayings: Iterable<Saying>): Merged | undefined {
  const all = [...sayings];
  const [first] = all;
  if (!first) return undefined;
  const patient = all.find(({ attributes }) => textOf(attributes, TAGS.PatientID) !== '') ?? first;
  const attributes: DicomJson = {};
  let [until, namesOther] = [first.at, false];
  for (const saying of all) {
    if (namesOtherPatient(patient.attributes, saying.attributes)) {
      namesOther = true;
      continue;
    }
    const tags = addsOf(attributes, saying.attributes);
    for (const tag of tags) attributes[tag] = saying.attributes[tag] as JsonElement;
    if (tags.length > 0) until = saying.at;
  }
  return { attributes, until, patientAt: patient.at, namesOther };
}
