import { randomUUID } from 'node:crypto';
import { LedgerError } from '../../base/errors.js';
import { textOf, WORKITEM_TAGS } from '../../worklist/workitem.js';
import { addWarning } from '../message/add-warning.js';
import { dicomwebRoot } from '../message/dicomweb-root.js';
import { requireUid } from '../message/find-instances.js';
import { readDataSet } from '../message/read-data-set.js';
import { answerEmpty, MAX_BYTES, uidOfQuery, withWarning, worklistCaller, type WorklistCall } from './worklist-call.js';

/** Affected SOP Instance UID, which DIMSE gives beside the data set. */
const AFFECTED = '00001000';
const STATES = ['IN PROGRESS', 'COMPLETED', 'CANCELED'] as const;

/** Create (PS3.18 §11.4): 201 with the Location of the workitem. Its UID is that of the query or of the data set, else a new one. */
export async function createWorkitem(call: WorklistCall): Promise<void> {
  const { worklist, request, response, publicUrl } = call;
  const asked = uidOfQuery(request, ['workitem', 'AffectedSOPInstanceUID']);
  const { [AFFECTED]: affected, ...dataSet } = await readDataSet(request, response, { maxBytes: MAX_BYTES });
  const uids = [asked, affected?.Value?.[0], textOf(dataSet, WORKITEM_TAGS.SOPInstanceUID)].filter(
    (uid) => uid !== undefined && uid !== '',
  );
  if (new Set(uids).size > 1)
    throw new LedgerError(
      'bad-request',
      `The URL and the data set name ${uids.length} workitems, not one; leave one out.`,
    );
  const SOPInstanceUID = uids.length === 0 ? newUid() : requireUid(String(uids[0]));
  const created = await withWarning(call, () =>
    worklist.create(worklistCaller(call.caller), { SOPInstanceUID, dataSet }),
  );
  const root = dicomwebRoot(request, publicUrl);
  const url = `${root}/workitems/${created.SOPInstanceUID}`;
  response.set({ Location: url, 'Content-Location': url });
  if (dataSet[WORKITEM_TAGS.WorklistLabel]?.Value === undefined)
    addWarning(response, root, 'The UPS was created with modifications.');
  answerEmpty(response, 201);
}

/** Update (PS3.18 §11.6): each attribute of the data set takes the place of the one that is there. */
export async function updateWorkitem(call: WorklistCall): Promise<void> {
  const { worklist, request, response } = call;
  const uid = requireUid(request.params.workitem);
  const asked = uidOfQuery(request, ['transaction-uid', 'TransactionUID']);
  const changes = await readDataSet(request, response, { maxBytes: MAX_BYTES });
  const transactionUID = asked ?? textOf(changes, WORKITEM_TAGS.TransactionUID);
  await withWarning(call, () => worklist.update(worklistCaller(call.caller), uid, { changes, transactionUID }));
  answerEmpty(response, 200);
}

/** Change of the state (PS3.18 §11.7): to claim, complete or cancel it. */
export async function changeWorkitemState(call: WorklistCall): Promise<void> {
  const { worklist, request, response } = call;
  const uid = requireUid(request.params.workitem);
  const dataSet = await readDataSet(request, response, { maxBytes: MAX_BYTES });
  const state = STATES.find((one) => one === textOf(dataSet, WORKITEM_TAGS.ProcedureStepState));
  if (state === undefined)
    throw new LedgerError(
      'bad-request',
      `Procedure Step State (0074,1000) is to be one of ${STATES.join(', ')}; correct it.`,
    );
  const given = textOf(dataSet, WORKITEM_TAGS.TransactionUID);
  const transactionUID = given === undefined || given === '' ? undefined : requireUid(given);
  const { already } = await withWarning(call, () =>
    worklist.changeState(worklistCaller(call.caller), uid, { state, transactionUID }),
  );
  warnOf(call, already);
  answerEmpty(response, 200);
}

/** Request of cancellation (PS3.18 §11.8): one that nobody has begun is canceled at once, of others whoever does them is told. */
export async function requestWorkitemCancellation(call: WorklistCall): Promise<void> {
  const { worklist, request, response } = call;
  const uid = requireUid(request.params.workitem);
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  const dataSet = hasBody ? await readDataSet(request, response, { maxBytes: MAX_BYTES }) : {};
  const requestingAE = textOf(dataSet, WORKITEM_TAGS.RequestingAE)?.slice(0, 16) ?? 'DICOMWEB';
  const { already } = await withWarning(call, () =>
    worklist.requestCancellation(worklistCaller(call.caller), uid, { dataSet, requestingAE }),
  );
  warnOf(call, already);
  answerEmpty(response, 202);
}

function warnOf({ request, response, publicUrl }: WorklistCall, sentence: string | undefined): void {
  if (sentence !== undefined) addWarning(response, dicomwebRoot(request, publicUrl), sentence);
}

/** PS3.5 §B.2. */
function newUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`).toString()}`;
}
