import type { RequestHandler } from 'express';
import type { Audit, AuditRow } from '../../audit/audit.js';
import { auditKindOf } from '../../audit/audit-kinds.js';
import { LedgerError } from '../../base/errors.js';
import { principalOf } from '../authorize.js';
import { queryOf } from '../message/dicomweb-root.js';
import { html, type Html } from '../pages/html.js';
import { sendPage } from '../pages/layout.js';
import { readAuditQuery } from './read-audit-query.js';

/** The fields of the form: they are parameters of ITI-81, but for the two days. */
const FIELDS = ['patient', 'study', 'agent-name', 'from', 'to'] as const;

const WHAT: Partial<Record<AuditRow['kind'], string>> = {
  access: 'Looked at images',
  query: 'Searched',
  transfer: 'Stored images',
  import: 'Uploaded pictures',
  export: 'Shared',
  delete: 'Retired images',
  'audit-log-used': 'Read this record',
  login: 'Logged in',
  logout: 'Logged out',
  refused: 'Was refused',
  emergency: 'Emergency access',
  'emergency-ended': 'Ended emergency access',
  security: 'Changed who or what is let in',
  start: 'Server started',
  stop: 'Server stopped',
};

/** Who looked at a patient, a study, or anything at all: for the privacy officer, and for the account that a patient may ask for. */
export function showAudit(audit: Pick<Audit, 'search'>): RequestHandler {
  return (request, response) => {
    const given = queryOf(request);
    const fields = Object.fromEntries(FIELDS.map((name) => [name, given.get(name) ?? '']));
    const parameters = parametersOf(given);
    let fault: string | undefined;
    let found: ReturnType<Audit['search']> = { rows: [], total: 0, next: undefined };
    try {
      found = audit.search(readAuditQuery(parameters));
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'bad-request') throw error;
      response.status(400);
      fault = error.message;
    }
    const { rows, total, next } = found;
    const older = new URLSearchParams(given);
    if (next !== undefined) older.set('_before', String(next));
    sendPage(response, {
      title: 'Who looked at whom',
      principal: principalOf(response),
      body: html`<h1>Who looked at whom</h1>
        ${form(fields)} ${fault && html`<p class="fault" role="alert">${fault}</p>`}
        <p>
          ${total === 0 ? 'Nothing is recorded' : total === 1 ? 'One record' : `${total} records`}.
          <a href="/ledger/audit.csv?${parameters.toString()}" download>All of it as a table (CSV)</a>
        </p>
        ${rows.length > 0 && table(rows)}
        ${next !== undefined && html`<p><a class="button" href="/audit?${older.toString()}">Older records</a></p>`}
        <p class="quiet">
          Times are UTC. What one person looked at in one study within a minute is one record, which is written when the
          minute is over.
        </p>`,
    });
  };
}

function parametersOf(given: URLSearchParams): URLSearchParams {
  const parameters = new URLSearchParams(given);
  for (const [field, prefix] of [
    ['from', 'ge'],
    ['to', 'le'],
  ] as const) {
    const day = parameters.get(field) ?? '';
    parameters.delete(field);
    if (day !== '') parameters.append('date', `${prefix}${day}`);
  }
  return parameters;
}

function form(fields: Record<string, string>): Html {
  const field = (name: string, label: string, type = 'text'): Html =>
    html`<label
      >${label} <input name="${name}" type="${type}" value="${fields[name]}" maxlength="200" spellcheck="false"
    /></label>`;
  return html`<form method="get" action="/audit" class="fields" autocomplete="off" role="search">
    ${field('patient', 'Patient ID')} ${field('study', 'Study Instance UID')}
    ${field('agent-name', 'Name of the person')} ${field('from', 'From', 'date')} ${field('to', 'To', 'date')}
    <button>Search</button>
  </form>`;
}

function table(rows: readonly AuditRow[]): Html {
  return html`<div class="scroll" role="region" aria-label="Records" tabindex="0">
    <table class="cards">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">What</th>
          <th scope="col">Patient</th>
          <th scope="col">Study</th>
          <th scope="col">From where</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              <td data-label="When">${new Date(row.at).toISOString().slice(0, 19).replace('T', ' ')}</td>
              <td data-label="Who">${row.agent?.name ?? ''}</td>
              <td data-label="What">${whatOf(row)}</td>
              <td data-label="Patient">${row.isBlinded ? html`<i>erased</i>` : row.subject?.PatientID}</td>
              <td data-label="Study">${row.subject?.StudyInstanceUID}</td>
              <td data-label="From where">${row.address}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function whatOf(row: AuditRow): Html {
  const { kind, outcome, phase, count, instances, reason, service } = row;
  const times = count > 1 ? `, ${count} times` : '';
  const many = instances === undefined ? '' : `, ${instances === 1 ? 'one instance' : `${instances} instances`}`;
  const how = phase === 'begun' ? ' (begun)' : outcome === 0 ? '' : ' (failed)';
  const detail = kind === 'refused' ? `: ${service ?? ''}` : reason === undefined ? '' : `: ${reason}`;
  return html`${WHAT[kind] ?? auditKindOf(row).type.display}${times}${many}${how}${detail}`;
}
