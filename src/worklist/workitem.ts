import type { DicomJson } from '../standard/dicom-json.js';

/** PS3.4 §CC.1.1. */
export type ProcedureStepState = 'SCHEDULED' | 'IN PROGRESS' | 'COMPLETED' | 'CANCELED';

/** A Unified Procedure Step: something that is to be done, and how far it is. It lies at this site alone, and not on the chain. */
export interface Workitem {
  SOPInstanceUID: string;
  state: ProcedureStepState;
  /** Without the Transaction UID, which is known to whoever does the work alone. */
  dataSet: DicomJson;
  transactionUID: string | undefined;
  /** Who has made it: issuer and subject of a principal. */
  maker: string;
}

/** All workitems are of this class, whatever is done with them (PS3.4 §CC.3.1). */
export const UPS_PUSH = '1.2.840.10008.5.1.4.34.6.1';
/** Well-known UIDs that stand for all workitems, and for those that a filter matches (PS3.4 §CC.2.3). */
export const ALL_WORKITEMS = '1.2.840.10008.5.1.4.34.5';
export const FILTERED_WORKITEMS = '1.2.840.10008.5.1.4.34.5.1';

export const WORKITEM_TAGS = {
  SOPClassUID: '00080016',
  SOPInstanceUID: '00080018',
  TransactionUID: '00081195',
  ScheduledProcedureStepStartDateTime: '00404005',
  ScheduledProcedureStepModificationDateTime: '00404010',
  ScheduledStationNameCodeSequence: '00404025',
  ScheduledHumanPerformersSequence: '00404034',
  InputReadinessState: '00404041',
  ProcedureStepCancellationDateTime: '00404052',
  ProcedureStepState: '00741000',
  ProcedureStepProgressInformationSequence: '00741002',
  ContactURI: '0074100A',
  ContactDisplayName: '0074100C',
  ProcedureStepDiscontinuationReasonCodeSequence: '0074100E',
  ScheduledProcedureStepPriority: '00741200',
  WorklistLabel: '00741202',
  UnifiedProcedureStepPerformedProcedureSequence: '00741216',
  RequestingAE: '00741236',
  ReasonForCancellation: '00741238',
} as const;

/** The first value of an attribute that is text. */
export function textOf(dataSet: DicomJson, tag: string): string | undefined {
  const value = dataSet[tag]?.Value?.[0];
  return typeof value === 'string' ? value.trim() : undefined;
}

/** The items of a sequence. */
export function itemsOf(dataSet: DicomJson, tag: string): DicomJson[] {
  return (dataSet[tag]?.Value ?? []) as DicomJson[];
}

/** A moment as a DT of UTC (PS3.5 §6.2). */
export function dateTime(at: Date): string {
  return `${at.toISOString().replace(/\D/g, '').slice(0, 14)}+0000`;
}
