import type { RequestHandler } from 'express';
import type { Audit, AuditQuery, AuditRow } from '../../audit/audit.js';
import { auditKindOf } from '../../audit/audit-kinds.js';
import { queryOf } from '../message/dicomweb-root.js';
import { streamOut } from '../message/stream-out.js';
import { readAuditQuery } from './read-audit-query.js';

const PAGE_ROWS = 1_000;

const COLUMNS: Record<string, (row: AuditRow) => unknown> = {
  position: ({ position }) => position,
  first: ({ at }) => new Date(at).toISOString(),
  last: ({ until }) => new Date(until).toISOString(),
  count: ({ count }) => count,
  event: (row) => auditKindOf(row).type.display,
  of_type: (row) => auditKindOf(row).subtype?.display,
  outcome: ({ outcome, phase }) => phase ?? outcome,
  person: ({ agent }) => agent?.subject,
  issuer: ({ agent }) => agent?.issuer,
  name: ({ agent }) => agent?.name,
  via: ({ agent }) => agent?.via,
  address: ({ address }) => address,
  StudyInstanceUID: ({ subject }) => subject?.StudyInstanceUID,
  PatientID: ({ subject }) => subject?.PatientID,
  IssuerOfPatientID: ({ subject }) => subject?.IssuerOfPatientID,
  instances: ({ instances }) => instances,
  service: ({ service }) => service,
  request: ({ request }) => request,
  reason: ({ reason }) => reason,
  detail: ({ detail }) => detail,
  hash: ({ hash }) => hash,
};

/** What `/ledger/audit` finds by the same parameters, all pages of it, as CSV (RFC 4180) in UTF-8. */
export function sendAuditCsv(audit: Pick<Audit, 'search'>): RequestHandler {
  return async (request, response) => {
    const query = readAuditQuery(queryOf(request));
    response.setHeader('Content-Type', 'text/csv; charset=utf-8; header=present');
    response.setHeader('Content-Disposition', 'attachment; filename="audit.csv"');
    response.setHeader('Cache-Control', 'no-store');
    if (request.method === 'HEAD') response.end();
    else await streamOut(response, lines(audit, query));
  };
}

async function* lines(audit: Pick<Audit, 'search'>, query: AuditQuery): AsyncGenerator<string> {
  yield lineOf(Object.keys(COLUMNS));
  let before = query.before;
  do {
    const { rows, next } = audit.search({ ...query, before, limit: PAGE_ROWS });
    if (rows.length > 0) yield rows.map((row) => lineOf(Object.values(COLUMNS).map((column) => column(row)))).join('');
    before = next;
  } while (before !== undefined);
}

function lineOf(cells: readonly unknown[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

/** Quoted; what a spreadsheet would take for a formula gets an apostrophe (OWASP, CSV Injection). */
function cellOf(value: unknown): string {
  if (typeof value !== 'string') return typeof value === 'number' ? String(value) : '';
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return `"${text.replaceAll('"', '""')}"`;
}
