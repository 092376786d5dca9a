import { readFile } from 'node:fs/promises';
import type { Audit } from './audit/audit.js';
import type { AuditChain } from './audit/anchors.js';
import type { PatientOf } from './audit/audit-writer.js';
import type { AuditReceiver } from './audit/feed/feed.js';
import { openSyslogReceiver } from './audit/feed/syslog-receiver.js';
import { openAudit } from './audit/open-audit.js';
import { LedgerError } from './base/errors.js';
import type { Log } from './base/log.js';
import type { Config } from './config.js';
import type { Site } from './site.js';

/** The audit of a site: its rows are anchored on the site's chain, and its catalogue says whose a study is. */
export async function openSiteAudit(
  site: Pick<Site, 'archive' | 'ledger'>,
  { config, log }: { config: Config; log: Log },
): Promise<Audit> {
  return openAudit(
    {
      chain: auditChain(site),
      patientOf: patientOf(site),
      receivers: await openReceivers(config),
      log,
    },
    { dataFolder: config.DATA_DIR, retentionYears: config.AUDIT_RETENTION_YEARS },
  );
}

/** The site's chain as the audit sees it. */
export function auditChain({ ledger }: Pick<Site, 'ledger'>): AuditChain {
  return {
    anchor: (root, count) => ledger.anchor(root, count),
    findAnchor: (transactionHash) => ledger.findAnchor(transactionHash as `0x${string}`),
  };
}

const PATIENT_ID = '00100020';
const ISSUER = '00100021';

function patientOf({ archive }: Pick<Site, 'archive'>): PatientOf {
  return async (StudyInstanceUID) => {
    const include = [[PATIENT_ID], [ISSUER]];
    const page = { level: 'study' as const, match: [], fuzzy: false, limit: 1, offset: 0 };
    const { matches } = await archive.search({ ...page, StudyInstanceUID, include });
    const text = (tag: string): string | undefined => {
      const [value] = matches[0]?.[tag]?.Value ?? [];
      return typeof value === 'string' ? value : undefined;
    };
    return matches[0] && { PatientID: text(PATIENT_ID), IssuerOfPatientID: text(ISSUER) };
  };
}

async function openReceivers(config: Config): Promise<AuditReceiver[]> {
  const { AUDIT_FHIR_URL, AUDIT_SYSLOG, AUDIT_SYSLOG_CA_FILE } = config;
  const source = { url: config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}` };
  const receivers: AuditReceiver[] = [];
  if (AUDIT_FHIR_URL !== undefined) {
    const { openFhirReceiver } = await import('./audit/feed/fhir-receiver.js');
    receivers.push(openFhirReceiver({ base: AUDIT_FHIR_URL }, source));
  }
  if (AUDIT_SYSLOG === undefined) return receivers;
  const ca =
    AUDIT_SYSLOG_CA_FILE === undefined
      ? undefined
      : await readFile(AUDIT_SYSLOG_CA_FILE, 'utf8').catch((cause: NodeJS.ErrnoException) => {
          const sentence = `AUDIT_SYSLOG_CA_FILE "${AUDIT_SYSLOG_CA_FILE}" cannot be read (${cause.code}): correct the setting.`;
          throw new LedgerError('misconfigured', sentence, { cause });
        });
  return [...receivers, openSyslogReceiver({ ...AUDIT_SYSLOG, ca }, source)];
}
