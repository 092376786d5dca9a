import { setImmediate as nextTurn } from 'node:timers/promises';
import { LedgerError } from '../base/errors.js';
import type { DicomJson } from '../standard/dicom-json.js';
import { lackingForFinal, requireNewWorkitem, requireUpdate } from './require-new-workitem.js';
import { eventReport, reportsOfChange, type EventReport } from './event-report.js';
import { requireQueryLimits } from '../catalog/matching/query-limits.js';
import { matchesWorkitem } from './matches-workitem.js';
import { prepareSubscriptions, seesWorkitem, type WorklistCaller } from './subscriptions.js';
import { requireTransition } from './transition.js';
import { ALL_WORKITEMS, dateTime, FILTERED_WORKITEMS, UPS_PUSH, WORKITEM_TAGS, type Workitem } from './workitem.js';
import { prepareWorkitemStore } from './workitem-store.js';
import { openWorklistDatabase } from './worklist-database.js';
import type { Worklist, WorklistEvent } from './worklist.js';

const MOST_WORKITEMS = 10_000;
/** Rows that are looked at before others have their turn. */
const BATCH = 100;
/** Discontinued for unspecified reason (PS3.16 CID 9300). */
const UNSPECIFIED: DicomJson = {
  '00080100': { vr: 'SH', Value: ['110513'] },
  '00080102': { vr: 'SH', Value: ['DCM'] },
  '00080104': { vr: 'LO', Value: ['Discontinued for unspecified reason'] },
};

/** Opens the worklist of this site in its file, or makes it; `:memory:` is one of no file. Throws `misconfigured`. */
export function openWorklist({ file, most = MOST_WORKITEMS }: { file: string; most?: number }): Worklist {
  const db = openWorklistDatabase(file);
  const store = prepareWorkitemStore(db, { most });
  const subscriptions = prepareSubscriptions(db);
  const listeners = new Set<(event: WorklistEvent) => void>();

  const find = (caller: WorklistCaller, SOPInstanceUID: string): Workitem => {
    const workitem = store.find(SOPInstanceUID);
    if (workitem !== undefined && seesWorkitem(caller, workitem)) return workitem;
    const maker = store.makerOfGone(SOPInstanceUID);
    if (workitem === undefined && maker !== undefined && seesWorkitem(caller, { maker }))
      throw new LedgerError('gone', `The workitem ${SOPInstanceUID} was done and is deleted.`);
    throw new LedgerError('not-found', `There is no workitem ${SOPInstanceUID}; search for it.`);
  };
  const tell = ({ maker, SOPInstanceUID }: Workitem, reports: readonly EventReport[]): void => {
    const aeTitles = subscriptions.subscribersOf(SOPInstanceUID);
    if (aeTitles.length > 0) for (const report of reports) send({ aeTitles, maker, report });
  };
  const send = (event: WorklistEvent): void => listeners.forEach((listener) => listener(event));
  /** Writes a workitem that is another than before, and tells of it. */
  const put = (before: Workitem, after: Workitem): Workitem => {
    const modified = { vr: 'DT', Value: [dateTime(new Date())] };
    const dataSet: DicomJson = {
      ...after.dataSet,
      [WORKITEM_TAGS.ScheduledProcedureStepModificationDateTime]: modified,
      [WORKITEM_TAGS.ProcedureStepState]: { vr: 'CS', Value: [after.state] },
    };
    const written = { ...after, dataSet };
    store.write(written, { isNew: false });
    tell(written, reportsOfChange(before, written));
    return written;
  };
  const all = function* (): Generator<Workitem> {
    let after: Parameters<typeof store.page>[0];
    for (;;) {
      const page = store.page(after, BATCH);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < BATCH) return;
      after = placeOf(last);
    }
  };
  const seenBy = function* (caller: WorklistCaller): Generator<Workitem> {
    for (const workitem of all()) if (seesWorkitem(caller, workitem)) yield workitem;
  };
  const isWellKnown = (resource: string): boolean => resource === ALL_WORKITEMS || resource === FILTERED_WORKITEMS;

  return {
    create: (caller, { SOPInstanceUID, dataSet }) => {
      requireNewWorkitem(dataSet);
      if (store.find(SOPInstanceUID) !== undefined || store.makerOfGone(SOPInstanceUID) !== undefined)
        throw new LedgerError('conflict', `The workitem UID ${SOPInstanceUID} is in use; take another one.`);
      const rest = withoutSecret(dataSet);
      const label: DicomJson = rest[WORKITEM_TAGS.WorklistLabel]?.Value
        ? {}
        : { [WORKITEM_TAGS.WorklistLabel]: { vr: 'LO', Value: ['DEFAULT'] } };
      const workitem: Workitem = {
        ...{ SOPInstanceUID, state: 'SCHEDULED', transactionUID: undefined, maker: caller.owner },
        dataSet: {
          ...rest,
          ...label,
          [WORKITEM_TAGS.SOPClassUID]: { vr: 'UI', Value: [UPS_PUSH] },
          [WORKITEM_TAGS.SOPInstanceUID]: { vr: 'UI', Value: [SOPInstanceUID] },
          [WORKITEM_TAGS.ScheduledProcedureStepModificationDateTime]: { vr: 'DT', Value: [dateTime(new Date())] },
        },
      };
      db.transaction(() => {
        store.write(workitem, { isNew: true });
        subscriptions.added(workitem);
      })();
      tell(workitem, reportsOfChange(undefined, workitem));
      return workitem;
    },
    retrieve: find,
    update: (caller, SOPInstanceUID, { changes, transactionUID }) => {
      const before = find(caller, SOPInstanceUID);
      const wanted = withoutSecret(changes);
      requireUpdate(wanted);
      requireTransition(before, { to: 'update', transactionUID });
      put(before, { ...before, dataSet: { ...before.dataSet, ...wanted } });
    },
    changeState: (caller, SOPInstanceUID, { state, transactionUID }) => {
      const before = find(caller, SOPInstanceUID);
      const already = requireTransition(before, { to: state, transactionUID });
      if (already !== undefined) return { already };
      if (state === 'IN PROGRESS') put(before, { ...before, state, transactionUID });
      else {
        const lacking = lackingForFinal(before.dataSet, state);
        if (lacking.length > 0)
          throw new LedgerError(
            'conflict',
            `A workitem that is ${state} has to have ${lacking.join(', ')} (PS3.4 §CC.2.5.1.1); update it before.`,
            { details: { warning: 'The submitted request is inconsistent with the state of the UPS Instance.' } },
          );
        put(before, { ...before, state });
      }
      return { already: undefined };
    },
    requestCancellation: (caller, SOPInstanceUID, { dataSet, requestingAE }) => {
      const before = find(caller, SOPInstanceUID);
      if (before.state === 'CANCELED') return { already: 'The UPS is already in the requested state of CANCELED.' };
      if (before.state === 'COMPLETED') throw refused(SOPInstanceUID, 'The UPS is already COMPLETED.');
      const kept = [
        ...[WORKITEM_TAGS.ReasonForCancellation, WORKITEM_TAGS.ProcedureStepDiscontinuationReasonCodeSequence],
        ...[WORKITEM_TAGS.ContactURI, WORKITEM_TAGS.ContactDisplayName],
      ];
      const said = Object.fromEntries(Object.entries(dataSet).filter(([tag]) => (kept as string[]).includes(tag)));
      if (before.state === 'IN PROGRESS') {
        if (subscriptions.subscribersOf(SOPInstanceUID).length === 0)
          throw refused(SOPInstanceUID, 'The performer cannot be contacted.');
        const asked = { ...said, [WORKITEM_TAGS.RequestingAE]: { vr: 'AE', Value: [requestingAE] } };
        tell(before, [eventReport('cancelRequested', before, asked)]);
        return { already: undefined };
      }
      const claimed = put(before, { ...before, state: 'IN PROGRESS' });
      const reason = said[WORKITEM_TAGS.ProcedureStepDiscontinuationReasonCodeSequence];
      const progress: DicomJson = {
        ...said,
        [WORKITEM_TAGS.ProcedureStepCancellationDateTime]: { vr: 'DT', Value: [dateTime(new Date())] },
        [WORKITEM_TAGS.ProcedureStepDiscontinuationReasonCodeSequence]: reason?.Value
          ? reason
          : { vr: 'SQ', Value: [UNSPECIFIED] },
      };
      const sequence = { [WORKITEM_TAGS.ProcedureStepProgressInformationSequence]: { vr: 'SQ', Value: [progress] } };
      put(claimed, { ...claimed, state: 'CANCELED', dataSet: { ...claimed.dataSet, ...sequence } });
      return { already: undefined };
    },
    search: async (caller, { keys, fuzzy, offset, limit }) => {
      requireQueryLimits({ match: keys, fuzzy });
      const matches: Workitem[] = [];
      let [found, looked] = [0, 0];
      for (const workitem of seenBy(caller)) {
        if (++looked % BATCH === 0) await nextTurn();
        if (!matchesWorkitem(workitem.dataSet, keys, { fuzzy })) continue;
        if (found++ >= offset && matches.length < limit) matches.push(workitem);
      }
      return { matches, remaining: Math.max(0, found - offset - matches.length) };
    },
    subscribe: (caller, { aeTitle, resource, isLocked, filter }) => {
      requireQueryLimits({ match: filter, fuzzy: false });
      const workitem = isWellKnown(resource) ? undefined : find(caller, resource);
      db.transaction(() => {
        subscriptions.claim(aeTitle, caller);
        if (workitem !== undefined) subscriptions.subscribe(aeTitle, resource, isLocked);
        else {
          const own = resource === FILTERED_WORKITEMS ? filter : undefined;
          subscriptions.subscribeAll(aeTitle, { isLocked, filter: own, workitems: [...seenBy(caller)] });
        }
      })();
      const told = workitem ? [workitem] : isLocked ? [...seenBy(caller)] : [];
      for (const one of told)
        if (subscriptions.subscribersOf(one.SOPInstanceUID).includes(aeTitle))
          send({ aeTitles: [aeTitle], maker: one.maker, report: eventReport('stateReport', one) });
    },
    unsubscribe: (caller, { aeTitle, resource }) => {
      if (!isWellKnown(resource)) find(caller, resource);
      requireSubscriber(caller, aeTitle);
      if (isWellKnown(resource)) subscriptions.unsubscribeAll(aeTitle);
      else subscriptions.unsubscribe(aeTitle, resource);
    },
    suspend: (caller, { aeTitle, resource }) => {
      if (!isWellKnown(resource))
        throw new LedgerError('bad-request', `Only a global subscription can be suspended; name ${ALL_WORKITEMS}.`);
      requireSubscriber(caller, aeTitle);
      subscriptions.suspend(aeTitle);
    },
    isSubscriber: (caller, aeTitle) => subscriptions.isOf(aeTitle, caller),
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => db.close(),
  };

  function requireSubscriber(caller: WorklistCaller, aeTitle: string): void {
    if (subscriptions.isOf(aeTitle, caller)) return;
    throw new LedgerError('not-found', `You have subscribed nothing for the AE title ${aeTitle}.`);
  }
}

/** Where the next page of workitems begins. */
function placeOf({ SOPInstanceUID, dataSet }: Workitem): { starts: string; SOPInstanceUID: string } {
  const value = dataSet[WORKITEM_TAGS.ScheduledProcedureStepStartDateTime]?.Value?.[0];
  return { starts: typeof value === 'string' ? value.trim() : '', SOPInstanceUID };
}

function refused(SOPInstanceUID: string, warning: string): LedgerError {
  return new LedgerError('conflict', `The workitem ${SOPInstanceUID} is not canceled: ${warning}`, {
    details: { warning },
  });
}

/** The Transaction UID is in no data set that is kept. */
function withoutSecret(dataSet: DicomJson): DicomJson {
  return Object.fromEntries(Object.entries(dataSet).filter(([tag]) => tag !== WORKITEM_TAGS.TransactionUID));
}
