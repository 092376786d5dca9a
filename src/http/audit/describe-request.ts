import type { Request } from 'express';
import type { AuditSubject } from '../../audit/audit.js';
import type { Archive } from '../../archive/archive.js';
import { queryOf } from '../message/dicomweb-root.js';
import type { Route } from '../route.js';

const MAX_KEYS = 32;
const KEY = /^[A-Za-z0-9_.-]{1,64}$/;
const UID = /^[0-9.]{1,64}$/;
/** LO (PS3.5 Table 6.2-1) has 64 characters; `*`, `?` and `\` make a search of it. */
const ONE_VALUE = /^[^*?\\]{1,64}$/;
/** W3C Trace Context §3.2.2. */
const TRACE_PARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Method, path with the names of its parameters, and the keys of the search without their values. IHE BALP wants the whole query;
 * but a search has names, birth dates and accession numbers of people, of those who are not found too, and what is written here
 * stays for years. Which patient or study was asked for by its identifier is in the subject, which can be blinded.
 */
export function describeRequest(request: Request, { path, audit }: Pick<Route, 'path' | 'audit'>): string {
  const plain = `${request.method} ${path}`;
  if (audit !== 'query' && audit !== 'audit-log-used') return plain;
  const keys = [...new Set(queryOf(request).keys())].map((key) => (KEY.test(key) ? key : '…'));
  return keys.length === 0 ? plain : `${plain}?${keys.slice(0, MAX_KEYS).join('&')}`;
}

export function traceOf({ headers }: Request): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' && TRACE_PARENT.test(traceparent) ? traceparent : undefined;
}

/** Whose data a request asks for, as far as its path and its keys name one study or one patient. */
export async function subjectOf(
  { request, params }: { request: Request; params: Request['params'] },
  archive: Pick<Archive, 'instance'>,
): Promise<AuditSubject | undefined> {
  const { study, instance, PatientID } = params;
  const query = queryOf(request);
  // The URI service has its own name for it (PS3.18 §9.4).
  const asked = query.get('StudyInstanceUID') ?? query.get('studyUID');
  const StudyInstanceUID = matching(UID, study) ?? matching(UID, asked);
  const patient = matching(ONE_VALUE, PatientID) ?? matching(ONE_VALUE, query.get('PatientID'));
  if (StudyInstanceUID !== undefined || patient !== undefined)
    return { StudyInstanceUID, ...(patient !== undefined && { PatientID: patient }) };
  const SOPInstanceUID = matching(UID, instance);
  if (SOPInstanceUID === undefined) return undefined;
  const found = await archive.instance(SOPInstanceUID);
  return found && { StudyInstanceUID: found.StudyInstanceUID };
}

function matching(form: RegExp, value: unknown): string | undefined {
  return typeof value === 'string' && form.test(value) ? value : undefined;
}
