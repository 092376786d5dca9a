import type { DicomJson } from '../../standard/dicom-json.js';
import { FAILURE_REASON } from '../../standard/failure-reasons.js';
import type { Outcome } from '../../archive/outcome.js';
import { pathOf } from '../message/find-instances.js';

type Stored = Extract<Outcome, { kind: 'stored' }>;
type Refused = Extract<Outcome, { kind: 'refused' }>;

const isStored = (outcome: Outcome): outcome is Stored => outcome.kind === 'stored';
const isRefused = (outcome: Outcome): outcome is Refused => outcome.kind === 'refused';

/**
 * PS3.18 Table 10.5.3-1: 200 all stored; 202 some with a warning or a failure; none stored: 400 when no part could be
 * understood, else 409. There is at least one outcome.
 */
export function storeStatus(outcomes: readonly Outcome[]): 200 | 202 | 400 | 409 {
  if (!outcomes.some(isStored))
    return outcomes.every((outcome) => isRefused(outcome) && outcome.reason === FAILURE_REASON.cannotUnderstand)
      ? 400
      : 409;
  return outcomes.every((outcome) => isStored(outcome) && outcome.warning === undefined) ? 200 : 202;
}

/**
 * The Store Instances Response Module (PS3.18 Table I.1-1). Sequences without items are left out, items stand in the order
 * of the parts, and a part that is no identifiable instance is an item of Other Failures Sequence.
 */
export function storeResponseModule(outcomes: readonly Outcome[], rootUrl: string): DicomJson {
  const failed = outcomes.filter(isRefused);
  const sequences: [string, DicomJson[]][] = [
    ['00081198', failed.filter(isIdentified).map(failedItem)],
    ['00081199', outcomes.filter(isStored).map((outcome) => storedItem(outcome, rootUrl))],
    ['0008119A', failed.filter((outcome) => !isIdentified(outcome)).map(otherItem)],
  ];
  return {
    '00081190': element('UR', onlyStudyUrl(outcomes, rootUrl)),
    ...Object.fromEntries(
      sequences.filter(([, items]) => items.length > 0).map(([tag, items]) => [tag, { vr: 'SQ', Value: items }]),
    ),
  };
}

/** Where the stored instances are found: their study, or all studies when they lie in several; undefined for none. */
export function storeLocation(outcomes: readonly Outcome[], rootUrl: string): string | undefined {
  if (!outcomes.some(isStored)) return undefined;
  return onlyStudyUrl(outcomes, rootUrl) ?? `${rootUrl}/studies`;
}

const MAX_WARNINGS = 16;
const MAX_PARTS_NAMED = 10;

/**
 * Sentences for Warning headers (PS3.18 §10.5.3.2): one for each reason and message, with the numbers of its parts from
 * 1, so that also a part without UIDs can be told from the others.
 */
export function storeWarnings(outcomes: readonly Outcome[]): string[] {
  const partsOf = new Map<string, { start: string; message: string; parts: number[] }>();
  outcomes.forEach((outcome, index) => {
    const trouble = isStored(outcome) ? outcome.warning : outcome;
    if (trouble === undefined) return;
    const start = reasonText(trouble.reason);
    const key = `${start}${trouble.message}`;
    const entry = partsOf.get(key) ?? { start, message: trouble.message, parts: [] };
    entry.parts.push(index + 1);
    partsOf.set(key, entry);
  });
  const texts = [...partsOf.values()].map(({ start, message, parts }) => {
    const more = parts.length > MAX_PARTS_NAMED ? ` and ${parts.length - MAX_PARTS_NAMED} more` : '';
    const numbers = `${parts.slice(0, MAX_PARTS_NAMED).join(', ')}${more}`;
    return `${start} (part${parts.length > 1 ? 's' : ''} ${numbers}): ${message.replaceAll('"', "'")}`;
  });
  if (texts.length > MAX_WARNINGS)
    texts.splice(
      MAX_WARNINGS - 1,
      Infinity,
      `${texts.length - MAX_WARNINGS + 1} more kinds of failure are not listed here.`,
    );
  return texts;
}

/** As DICOM writes status codes: four upper-case hex digits. */
export function reasonText(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0');
}

const KEYWORDS: Record<string, string> = {
  '00081150': 'ReferencedSOPClassUID',
  '00081155': 'ReferencedSOPInstanceUID',
  '00081190': 'RetrieveURL',
  '00081196': 'WarningReason',
  '00081197': 'FailureReason',
  '00081198': 'FailedSOPSequence',
  '00081199': 'ReferencedSOPSequence',
  '0008119A': 'OtherFailuresSequence',
};

/** PS3.6 keyword of an attribute of the module. */
export function storeResponseKeyword(tag: string): string | undefined {
  return KEYWORDS[tag];
}

type Identified = Refused & { SOPClassUID: string; SOPInstanceUID: string };

function isIdentified(outcome: Refused): outcome is Identified {
  return outcome.SOPClassUID !== undefined && outcome.SOPInstanceUID !== undefined;
}

function failedItem(outcome: Identified): DicomJson {
  return {
    '00081150': element('UI', outcome.SOPClassUID),
    '00081155': element('UI', outcome.SOPInstanceUID),
    '00081197': element('US', outcome.reason),
  };
}

function storedItem(outcome: Stored, rootUrl: string): DicomJson {
  const item = {
    '00081150': element('UI', outcome.SOPClassUID),
    '00081155': element('UI', outcome.SOPInstanceUID),
    '00081190': element('UR', `${rootUrl}${pathOf(outcome)}`),
  };
  return outcome.warning === undefined ? item : { ...item, '00081196': element('US', outcome.warning.reason) };
}

function otherItem(outcome: Refused): DicomJson {
  return { '00081197': element('US', outcome.reason) };
}

function element(vr: string, value: string | number | undefined): DicomJson[string] {
  return value === undefined ? { vr } : { vr, Value: [value] };
}

function onlyStudyUrl(outcomes: readonly Outcome[], rootUrl: string): string | undefined {
  const studies = new Set(outcomes.filter(isStored).map((outcome) => outcome.StudyInstanceUID));
  const [StudyInstanceUID] = studies;
  return studies.size === 1 && StudyInstanceUID !== undefined ? `${rootUrl}${pathOf({ StudyInstanceUID })}` : undefined;
}
