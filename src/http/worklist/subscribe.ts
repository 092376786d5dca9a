import { LedgerError } from '../../base/errors.js';
import { FILTERED_WORKITEMS } from '../../worklist/workitem.js';
import { dicomwebRoot, queryOf } from '../message/dicomweb-root.js';
import { requireUid } from '../message/find-instances.js';
import { parseQidoKeys } from '../qido/qido-keys.js';
import { answerEmpty, withWarning, worklistCaller, type WorklistCall } from './worklist-call.js';

/** Subscribe (PS3.18 §11.10): 201, with the URL of the WebSocket on which the events come. */
export async function subscribeToWorkitems(call: WorklistCall): Promise<void> {
  const { worklist, archive, request, response, publicUrl } = call;
  const { aeTitle, resource } = namesOf(call);
  const { deletionlock, others } = parametersOf(call);
  const { query } = parseQidoKeys(archive, { level: 'study', parameters: others });
  const isFiltered = resource === FILTERED_WORKITEMS;
  if (isFiltered && query.match.length === 0)
    throw new LedgerError(
      'bad-request',
      'A filtered subscription needs a filter: filter=attribute=value, with commas between.',
    );
  await withWarning(call, () =>
    worklist.subscribe(worklistCaller(call.caller), {
      ...{ aeTitle, resource, isLocked: deletionlock },
      filter: isFiltered ? query.match : [],
    }),
  );
  const url = `${dicomwebRoot(request, publicUrl).replace(/^http/, 'ws')}/subscribers/${encodeURIComponent(aeTitle)}`;
  response.set({ Location: url, 'Content-Location': url });
  answerEmpty(response, 201);
}

/** Unsubscribe (PS3.18 §11.11). */
export async function unsubscribeFromWorkitems(call: WorklistCall): Promise<void> {
  await withWarning(call, () => call.worklist.unsubscribe(worklistCaller(call.caller), namesOf(call)));
  answerEmpty(call.response, 200);
}

/** Suspend a global subscription (PS3.18 §11.12): no new workitems come, those of before stay. */
export async function suspendSubscription(call: WorklistCall): Promise<void> {
  await withWarning(call, () => call.worklist.suspend(worklistCaller(call.caller), namesOf(call)));
  answerEmpty(call.response, 200);
}

function namesOf({ request }: WorklistCall): { aeTitle: string; resource: string } {
  return { aeTitle: requireAETitle(request.params.aet), resource: requireUid(request.params.workitem) };
}

/** 1 to 16 printable characters without a backslash (PS3.5 §6.2). Throws `bad-request`. */
export function requireAETitle(text: string | string[] | undefined): string {
  if (typeof text === 'string' && /^(?=.*[^ ])[ -[\]-~]{1,16}$/.test(text)) return text.trim();
  throw new LedgerError(
    'bad-request',
    `"${String(text).slice(0, 40)}" is no AE title: 1 to 16 printable characters, no backslash. Correct the URL.`,
  );
}

/** The deletion lock, and the keys of the filter: those within `filter=…`, and those that stand by themselves. */
function parametersOf({ request }: WorklistCall): { deletionlock: boolean; others: URLSearchParams } {
  const others = new URLSearchParams();
  let deletionlock = false;
  for (const [name, value] of queryOf(request)) {
    if (name === 'deletionlock') {
      if (!/^(true|false)$/.test(value))
        throw new LedgerError('bad-request', `deletionlock=${value.slice(0, 20)} is not true or false; correct it.`);
      deletionlock = value === 'true';
    } else if (name === 'filter') for (const [key, wanted] of filterKeys(value)) others.append(key, wanted);
    else others.append(name, value);
  }
  return { deletionlock, others };
}

/** `attribute=value` with commas between; a comma that no attribute follows is of the value. */
function filterKeys(text: string): [string, string][] {
  return text.split(/,(?=[A-Za-z0-9.]+=)/).map((part) => {
    const at = part.indexOf('=');
    return [part.slice(0, at < 0 ? part.length : at), at < 0 ? '' : part.slice(at + 1)];
  });
}
