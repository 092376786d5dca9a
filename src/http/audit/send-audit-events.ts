import type { RequestHandler } from 'express';
import type { Audit } from '../../audit/audit.js';
import { fhirAuditEvent } from '../../audit/feed/fhir-audit-event.js';
import { queryOf, serverUrl, type RootOptions } from '../message/dicomweb-root.js';
import { readAuditQuery } from './read-audit-query.js';

/** Retrieve ATNA Audit Event (IHE ITI TF-2 §3.81): a searchset Bundle of FHIR R4, the newest first, with a link to the next page. */
export function sendAuditEvents(audit: Pick<Audit, 'search'>, { publicUrl }: RootOptions): RequestHandler {
  return (request, response) => {
    const parameters = queryOf(request);
    const { rows, total, next } = audit.search(readAuditQuery(parameters));
    const url = serverUrl(request, publicUrl);
    const linkTo = (relation: string, before: number | undefined): object => {
      const query = new URLSearchParams(parameters);
      if (before !== undefined) query.set('_before', String(before));
      const text = query.toString();
      return { relation, url: `${url}/ledger/audit${text === '' ? '' : `?${text}`}` };
    };
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Content-Type', 'application/fhir+json; charset=utf-8');
    response.end(
      JSON.stringify({
        resourceType: 'Bundle',
        type: 'searchset',
        total,
        link: [linkTo('self', undefined), ...(next === undefined ? [] : [linkTo('next', next)])],
        entry: rows.map((row) => ({
          fullUrl: `urn:uuid:${row.id}`,
          resource: fhirAuditEvent(row, { url }),
          search: { mode: 'match' },
        })),
      }),
    );
  };
}

/** Reads the whole audit again, and says what is not as it was written. */
export function sendAuditVerification(audit: Pick<Audit, 'verify'>): RequestHandler {
  return async (_request, response) => {
    const verification = await audit.verify();
    response.setHeader('Cache-Control', 'no-store');
    response.json(verification);
  };
}
