import { LedgerError } from '../base/errors.js';
import type { DicomJson } from '../standard/dicom-json.js';
import { itemsOf, textOf, UPS_PUSH, WORKITEM_TAGS, type ProcedureStepState } from './workitem.js';

/** `1`: present with a value; `2`: present, with a value or without (PS3.4 §5.4.2.1). */
type Usage = 1 | 2;

/** What a new workitem has (PS3.4 Table CC.2.5-3, N-CREATE): those that are mandatory without a condition. */
export const CREATION: Readonly<Record<string, Usage>> = {
  '00081080': 2, // AdmittingDiagnosesDescription
  '00081084': 2, // AdmittingDiagnosesCodeSequence
  '00100010': 2, // PatientName
  '00100030': 2, // PatientBirthDate
  '00100040': 2, // PatientSex
  '00101002': 2, // OtherPatientIDsSequence
  '00380010': 2, // AdmissionID
  '00380014': 2, // IssuerOfAdmissionIDSequence
  '00400400': 2, // CommentsOnTheScheduledProcedureStep
  '00404005': 1, // ScheduledProcedureStepStartDateTime
  '00404018': 2, // ScheduledWorkitemCodeSequence
  '00404021': 2, // InputInformationSequence
  '00404025': 2, // ScheduledStationNameCodeSequence
  '00404026': 2, // ScheduledStationClassCodeSequence
  '00404027': 2, // ScheduledStationGeographicLocationCodeSequence
  '00404041': 1, // InputReadinessState
  '0040A370': 2, // ReferencedRequestSequence
  '00741000': 1, // ProcedureStepState
  '00741002': 2, // ProcedureStepProgressInformationSequence
  '00741200': 1, // ScheduledProcedureStepPriority
  '00741202': 2, // WorklistLabel
  '00741204': 1, // ProcedureStepLabel
  '00741210': 2, // ScheduledProcessingParametersSequence
  '00741216': 2, // UnifiedProcedureStepPerformedProcedureSequence
};

/** What an update may not say (N-SET "Not Allowed"): whose the workitem is does not change, and its state has a transaction of its own. */
const FIXED: readonly string[] = [
  ...['00080016', '00080018', '00100010', '00100020', '00100021', '00100030', '00100040'],
  ...['00380010', '00380014', '00081080', '00081084', '0040A370', '00741224', '00741000'],
];

/** What has to have a value in a final state: always, when COMPLETED (P), when CANCELED (X) (PS3.4 §CC.2.5.1.1). */
const FINAL: readonly (readonly [path: readonly string[], when: 'R' | 'P' | 'X'])[] = [
  [['00080016'], 'R'],
  [['00080018'], 'R'],
  [['00404005'], 'R'],
  [['00404010'], 'R'],
  [['00404041'], 'R'],
  [['00741200'], 'R'],
  [['00741216'], 'P'],
  [['00741216', '00404019'], 'P'], // PerformedWorkitemCodeSequence
  [['00741216', '00404028'], 'P'], // PerformedStationNameCodeSequence
  [['00741216', '00404033'], 'P'], // OutputInformationSequence
  [['00741216', '00404050'], 'P'], // PerformedProcedureStepStartDateTime
  [['00741216', '00404051'], 'P'], // PerformedProcedureStepEndDateTime
  [['00741002'], 'X'],
  [['00741002', '00404052'], 'X'], // ProcedureStepCancellationDateTime
  [['00741002', '0074100E'], 'X'], // ProcedureStepDiscontinuationReasonCodeSequence
];

const PRIORITIES = ['HIGH', 'MEDIUM', 'LOW'];
const READINESS = ['INCOMPLETE', 'UNAVAILABLE', 'READY'];

/** Throws `bad-request` for a data set that no new workitem can have; all that is missing is named together. */
export function requireNewWorkitem(dataSet: DicomJson): void {
  const missing = Object.entries(CREATION).filter(
    ([tag, usage]) => dataSet[tag] === undefined || (usage === 1 && !hasValue(dataSet[tag])),
  );
  if (missing.length > 0)
    throw new LedgerError(
      'bad-request',
      `A new workitem has to have ${missing.map(([tag]) => tag).join(', ')}, those of type 1 with a value (PS3.4 Table CC.2.5-3); add them.`,
    );
  if (textOf(dataSet, WORKITEM_TAGS.ProcedureStepState) !== 'SCHEDULED')
    throw new LedgerError(
      'bad-request',
      'The Procedure Step State (0074,1000) of a new workitem is SCHEDULED; correct it.',
    );
  if ((textOf(dataSet, WORKITEM_TAGS.SOPClassUID) ?? UPS_PUSH) !== UPS_PUSH)
    throw new LedgerError('bad-request', `A workitem is of the SOP class ${UPS_PUSH}; correct it, or leave it out.`);
  for (const tag of [
    WORKITEM_TAGS.TransactionUID,
    WORKITEM_TAGS.ProcedureStepProgressInformationSequence,
    WORKITEM_TAGS.UnifiedProcedureStepPerformedProcedureSequence,
  ])
    if (hasValue(dataSet[tag]))
      throw new LedgerError(
        'bad-request',
        `Nothing of a new workitem is done yet, so that ${tag} is empty; leave it so.`,
      );
  requireTerms(dataSet);
}

/** Throws `bad-request` for what an update may not change, and for no value where there has to be one. */
export function requireUpdate(changes: DicomJson): void {
  const fixed = FIXED.filter((tag) => changes[tag] !== undefined);
  if (fixed.length > 0)
    throw new LedgerError(
      'bad-request',
      `An update cannot change ${fixed.join(', ')} (PS3.4 Table CC.2.5-3); leave them out, and change the state by PUT …/state.`,
    );
  const emptied = Object.keys(changes).filter((tag) => CREATION[tag] === 1 && !hasValue(changes[tag]));
  if (emptied.length > 0)
    throw new LedgerError(
      'bad-request',
      `${emptied.join(', ')} cannot be without a value; give one or leave them out.`,
    );
  requireTerms(changes);
}

/** What a workitem lacks before it may be in a final state, as paths of tags; none when it lacks nothing. */
export function lackingForFinal(dataSet: DicomJson, state: ProcedureStepState): string[] {
  const when = state === 'COMPLETED' ? ['R', 'P'] : ['R', 'X'];
  return FINAL.filter(([path, code]) => when.includes(code) && !has(dataSet, path)).map(([path]) => path.join('.'));
}

/** Whether each item on the way has a value there. */
function has(dataSet: DicomJson, [tag = '', ...rest]: readonly string[]): boolean {
  if (rest.length === 0) return hasValue(dataSet[tag]);
  const items = itemsOf(dataSet, tag);
  return items.length > 0 && items.every((item) => has(item, rest));
}

function hasValue(element: DicomJson[string] | undefined): boolean {
  return (
    element?.Value?.some((value) => value !== null && value !== '') === true || element?.InlineBinary !== undefined
  );
}

function requireTerms(dataSet: DicomJson): void {
  for (const [tag, terms] of [
    [WORKITEM_TAGS.ScheduledProcedureStepPriority, PRIORITIES],
    [WORKITEM_TAGS.InputReadinessState, READINESS],
  ] as const) {
    const value = textOf(dataSet, tag);
    if (value !== undefined && !terms.includes(value))
      throw new LedgerError(
        'bad-request',
        `${tag} is one of ${terms.join(', ')}, not "${value.slice(0, 16)}"; correct it.`,
      );
  }
}
