import type { DicomJson, JsonElement } from '../standard/dicom-json.js';
import { UPS_PUSH, WORKITEM_TAGS, type Workitem } from './workitem.js';

/** What has become of a workitem (PS3.4 Table CC.2.4-1), by Event Type ID. */
const EVENT_TYPE = { stateReport: 1, cancelRequested: 2, progressReport: 3, assigned: 5 } as const;

type EventKind = keyof typeof EVENT_TYPE;

/** Attributes of the workitem that a report of a kind has. */
const OF_WORKITEM: Readonly<Record<EventKind, readonly string[]>> = {
  stateReport: [WORKITEM_TAGS.InputReadinessState, WORKITEM_TAGS.ProcedureStepState],
  cancelRequested: [],
  progressReport: [WORKITEM_TAGS.ProcedureStepProgressInformationSequence],
  assigned: [WORKITEM_TAGS.ScheduledStationNameCodeSequence, WORKITEM_TAGS.ScheduledHumanPerformersSequence],
};

const N_EVENT_REPORT = 0x0100;

/** An event report as a WebSocket carries it: command and data set in one (PS3.18 §8.10.5). `messageId` is of the connection. */
export type EventReport = (messageId: number) => DicomJson;

/** Makes the report of an event of a workitem; `also` is what only the event says. */
export function eventReport(kind: EventKind, workitem: Workitem, also: DicomJson = {}): EventReport {
  const own = OF_WORKITEM[kind].flatMap((tag): [string, JsonElement][] => {
    const element = workitem.dataSet[tag];
    return element === undefined ? [] : [[tag, element]];
  });
  return (messageId) => ({
    '00000002': { vr: 'UI', Value: [UPS_PUSH] },
    '00000100': { vr: 'US', Value: [N_EVENT_REPORT] },
    '00000110': { vr: 'US', Value: [messageId] },
    '00000800': { vr: 'US', Value: [0] },
    '00001000': { vr: 'UI', Value: [workitem.SOPInstanceUID] },
    '00001002': { vr: 'US', Value: [EVENT_TYPE[kind]] },
    ...Object.fromEntries(own),
    ...also,
  });
}

/** Those that a change of a workitem brings; `before` is undefined for a new one. */
export function reportsOfChange(before: Workitem | undefined, after: Workitem): EventReport[] {
  const differs = (tag: string): boolean =>
    JSON.stringify(before?.dataSet[tag]?.Value) !== JSON.stringify(after.dataSet[tag]?.Value);
  const kinds = (Object.keys(OF_WORKITEM) as EventKind[]).filter((kind) => OF_WORKITEM[kind].some(differs));
  return kinds.map((kind) => eventReport(kind, after));
}
