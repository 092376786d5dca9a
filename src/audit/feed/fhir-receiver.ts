import { fetch, Agent } from 'undici';
import type { AuditReceiver } from './feed.js';
import { fhirAuditEvent, type AuditSource } from './fhir-audit-event.js';

const TIMEOUT_MS = 20_000;
/** So many are under way together. */
const LANES = 4;

/**
 * An Audit Record Repository that takes FHIR (ITI-20, ATX: FHIR Feed): each row is a POST of an AuditEvent to
 * `base/AuditEvent`. FHIR R4 gives AuditEvent no identifier of the sender's; the id of the row goes along as X-Request-Id, by
 * which a repository can tell what it gets again.
 */
export function openFhirReceiver({ base }: { base: string }, source: AuditSource): AuditReceiver {
  const url = `${base.replace(/\/+$/, '')}/AuditEvent`;
  const dispatcher = new Agent({ headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS, connections: LANES });
  return {
    name: url,
    deliver: async (rows, signal) => {
      for (let at = 0; at < rows.length; at += LANES)
        await Promise.all(
          rows.slice(at, at + LANES).map(async (row) => {
            const { id, ...event } = fhirAuditEvent(row, source);
            const response = await fetch(url, {
              method: 'POST',
              headers: { 'Content-Type': 'application/fhir+json', 'X-Request-Id': String(id) },
              body: JSON.stringify(event),
              signal,
              dispatcher,
            });
            await response.arrayBuffer();
            if (!response.ok) throw new Error(`The repository answered ${response.status}.`);
          }),
        );
    },
    close: () => dispatcher.close(),
  };
}
