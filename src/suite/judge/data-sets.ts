import type { Answer } from '../ask/server.js';
import { must, requireType } from './require-status.js';
import { Unmet } from '../ask/unmet.js';

/** An attribute of the DICOM JSON Model (PS3.18 §F.2.2), as far as it is what it has to be. */
export interface JsonAttribute {
  vr?: unknown;
  Value?: unknown[];
  BulkDataURI?: unknown;
  InlineBinary?: unknown;
}

export type JsonDataSet = Record<string, JsonAttribute | undefined>;

/** The data sets of an answer in DICOM JSON. Throws `Unmet` when it is not an array of objects whose members are attributes. */
export function dataSetsOf(answer: Answer): JsonDataSet[] {
  requireType(answer, 'application/dicom+json');
  const parsed = parsedJson(answer);
  must(Array.isArray(parsed), 'The JSON answer is not an array (§F.2.1).');
  return parsed.map(asDataSet);
}

/** The answer of a store or a commitment, or one workitem: one data set (Annex I, J); the array that some servers make of it is let pass. */
export function dataSetOf(answer: Answer): JsonDataSet {
  requireType(answer, 'application/dicom+json');
  const parsed = parsedJson(answer);
  return asDataSet(Array.isArray(parsed) ? (parsed[0] as unknown) : parsed);
}

function asDataSet(value: unknown): JsonDataSet {
  const isObject = (one: unknown): boolean => typeof one === 'object' && one !== null && !Array.isArray(one);
  must(isObject(value), 'A data set of the JSON answer is not an object.');
  for (const [key, attribute] of Object.entries(value as object)) {
    must(isObject(attribute), `"${key.slice(0, 40)}" of the JSON answer is not an object.`);
    const { Value } = attribute as JsonAttribute;
    must(Value === undefined || Array.isArray(Value), `"Value" of ${key.slice(0, 40)} is not an array.`);
  }
  return value as JsonDataSet;
}

function parsedJson({ body }: Answer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Unmet(`The answer is not JSON: "${body.toString('utf8', 0, 100)}".`);
  }
}

/** The first value of an attribute, a person name as its alphabetic part; undefined where there is none. */
export function firstOf(dataSet: JsonDataSet | undefined, tag: string): string | undefined {
  const [value] = dataSet?.[tag]?.Value ?? [];
  if (typeof value === 'object' && value !== null) return personName(value, 'Alphabetic');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

export function personName(value: unknown, part: string): string | undefined {
  const name = (value as Record<string, unknown> | undefined)?.[part];
  return typeof name === 'string' ? name : undefined;
}

/** The items of a sequence. */
export const itemsOf = (dataSet: JsonDataSet | undefined, tag: string): JsonDataSet[] =>
  (dataSet?.[tag]?.Value ?? []).map(asDataSet);
