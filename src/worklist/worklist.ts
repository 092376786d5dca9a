import type { DicomJson } from '../standard/dicom-json.js';
import type { EventReport } from './event-report.js';
import type { WorkitemKey } from './matches-workitem.js';
import type { WorklistCaller } from './subscriptions.js';
import type { ProcedureStepState, Workitem } from './workitem.js';

/** What a request to cancel says (PS3.4 Table CC.2.2-1): all of it may be left out. */
export interface CancelRequest {
  dataSet: DicomJson;
  /** Of who asks. */
  requestingAE: string;
}

/** A search of workitems. */
export interface WorkitemQuery {
  keys: readonly WorkitemKey[];
  /** Names are found by the beginning of their words, and by sound. */
  fuzzy: boolean;
  offset: number;
  limit: number;
}

/** `already` is a sentence for a Warning: nothing was done, since it was so before (PS3.18 §11.7.3.2). */
export interface StateChange {
  already: string | undefined;
}

/**
 * The workitems of this site (PS3.4 Annex CC), each as its caller may see it. A failure that PS3.18 §11 has a Warning for has the sentence
 * in `details.warning`. What is acknowledged is on the disk; what happens is told to `listen`.
 */
export interface Worklist {
  /** Gives its UID. Throws `bad-request`, `conflict` for a UID that is in use, `out-of-space`. */
  create(caller: WorklistCaller, workitem: { SOPInstanceUID: string; dataSet: DicomJson }): Workitem;
  /** Throws `not-found`, and `gone` for one that is deleted. */
  retrieve(caller: WorklistCaller, SOPInstanceUID: string): Workitem;
  update(
    caller: WorklistCaller,
    SOPInstanceUID: string,
    update: { changes: DicomJson; transactionUID: string | undefined },
  ): void;
  changeState(
    caller: WorklistCaller,
    SOPInstanceUID: string,
    change: { state: Exclude<ProcedureStepState, 'SCHEDULED'>; transactionUID: string | undefined },
  ): StateChange;
  requestCancellation(caller: WorklistCaller, SOPInstanceUID: string, request: CancelRequest): StateChange;
  /** By start and UID; `remaining` are those beyond the page. */
  search(caller: WorklistCaller, query: WorkitemQuery): Promise<{ matches: Workitem[]; remaining: number }>;
  /** To one workitem, or by the well-known UIDs to all and to those of a filter. */
  subscribe(
    caller: WorklistCaller,
    subscription: { aeTitle: string; resource: string; isLocked: boolean; filter: readonly WorkitemKey[] },
  ): void;
  unsubscribe(caller: WorklistCaller, subscription: { aeTitle: string; resource: string }): void;
  /** Ends a global subscription for what is made later. */
  suspend(caller: WorklistCaller, subscription: { aeTitle: string; resource: string }): void;
  /** Whether an AE title is subscribed by this caller, who may then listen for it. */
  isSubscriber(caller: WorklistCaller, aeTitle: string): boolean;
  /** Is told of each event with the AE titles that are subscribed, and the maker of its workitem. Gives what ends that. */
  listen(listener: (event: WorklistEvent) => void): () => void;
  close(): void;
}

export interface WorklistEvent {
  aeTitles: readonly string[];
  maker: string;
  report: EventReport;
}
