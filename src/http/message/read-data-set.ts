import express, { type Request, type Response } from 'express';
import { promisify } from 'node:util';
import { LedgerError } from '../../base/errors.js';
import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';
import { DATA_SET_MEDIA_TYPES } from './data-set-media-types.js';
import { readNativeModel } from './read-native-model.js';
import { expectBody } from './request-body.js';
import { utf8Text } from './utf8-text.js';

const MEDIA_TYPES = [...DATA_SET_MEDIA_TYPES.taken];
const JSON_TYPES = [...DATA_SET_MEDIA_TYPES.json];
const IDLE_MS = 60_000;
/** Of sequences within sequences; deeper ones are of no object that is known. */
const MAX_DEPTH = 16;

/** A value representation that JSON gives as text or numbers; all but these have base64 or a URI (PS3.18 Table F.2.3-1). */
const TEXTS = /^(AE|AS|AT|CS|DA|DT|LO|LT|SH|ST|TM|UC|UI|UR|UT)$/;
const NUMBERS = /^(DS|FD|FL|IS|SL|SS|SV|UL|US|UV)$/;
/** Of those the ones that JSON has as numbers alone. */
const ALWAYS_NUMBERS = /^(FD|FL|SL|SS|UL|US)$/;

/**
 * Reads a data set from the body of a request: of the DICOM JSON Model (PS3.18 §F.2) one object, or an array that has one, or a Native
 * DICOM Model in XML (PS3.19 §A.1). Throws `unsupported-media-type`, `too-large` beyond `maxBytes`, and `bad-request` for what is no such
 * data set.
 */
export async function readDataSet(
  request: Request,
  response: Response,
  { maxBytes }: { maxBytes: number },
): Promise<DicomJson> {
  if (!request.is(MEDIA_TYPES))
    throw new LedgerError(
      'unsupported-media-type',
      `The body has to be a data set in JSON or XML; send it as ${MEDIA_TYPES.join(' or ')}.`,
      { details: { accept: MEDIA_TYPES } },
    );
  const stop = expectBody(request, response, { idleMs: IDLE_MS, maxBytes });
  const isJson = request.is(JSON_TYPES) !== false;
  const read = isJson ? express.json : express.raw;
  await promisify(read({ limit: maxBytes, type: MEDIA_TYPES }))(request, response).finally(stop);
  const body: unknown = isJson ? request.body : readNativeModel(utf8Text(request.body as Buffer));
  const dataSets: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (dataSets.length > 1) throw wrong(`The body has ${dataSets.length} data sets, not one`);
  return requireDataSet(dataSets[0], 0);
}

/** Throws `bad-request` for what is no data set of the model; gives it with nothing but what the model has. */
function requireDataSet(value: unknown, depth: number): DicomJson {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('There is no data set');
  if (depth > MAX_DEPTH) throw wrong(`Sequences lie deeper than ${MAX_DEPTH}`);
  const dataSet: DicomJson = {};
  for (const [tag, element] of Object.entries(value)) {
    if (!/^[0-9A-Fa-f]{8}$/.test(tag)) throw wrong(`"${tag.slice(0, 40)}" is no tag of eight hex digits`);
    dataSet[tag.toUpperCase()] = requireElement(tag, element, depth);
  }
  return dataSet;
}

function requireElement(tag: string, element: unknown, depth: number): JsonElement {
  const { vr, Value, InlineBinary } = (element ?? {}) as Partial<JsonElement>;
  if (typeof vr !== 'string' || !/^[A-Z]{2}$/.test(vr)) throw wrong(`${tag} has no VR`);
  if (Value !== undefined && !Array.isArray(Value)) throw wrong(`The Value of ${tag} is no array`);
  if (InlineBinary !== undefined) {
    if (typeof InlineBinary !== 'string') throw wrong(`The InlineBinary of ${tag} is no text`);
    return { vr, InlineBinary };
  }
  if (Value === undefined || Value.length === 0) return { vr };
  return { vr, Value: Value.map((one) => requireValue(tag, { vr, value: one, depth })) };
}

function requireValue(tag: string, { vr, value, depth }: { vr: string; value: unknown; depth: number }): unknown {
  if (vr === 'SQ') return requireDataSet(value ?? {}, depth + 1);
  // An empty value among others (PS3.18 §F.2.5).
  if (value === null) return null;
  if (vr === 'PN' && isName(value)) return value;
  if (TEXTS.test(vr) && typeof value === 'string') return value;
  if (NUMBERS.test(vr) && typeof value === 'number') return value;
  if (NUMBERS.test(vr) && typeof value === 'string') {
    if (!ALWAYS_NUMBERS.test(vr)) return value;
    const number = Number(value);
    if (value.trim() !== '' && Number.isFinite(number)) return number;
  }
  throw wrong(`A value of ${tag} is none of ${vr}`);
}

const isName = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(
    ([group, text]) => ['Alphabetic', 'Ideographic', 'Phonetic'].includes(group) && typeof text === 'string',
  );

function wrong(what: string): LedgerError {
  return new LedgerError('bad-request', `${what}; send a data set of the DICOM JSON Model (PS3.18 §F.2).`);
}
