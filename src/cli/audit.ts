import { existsSync } from 'node:fs';
import type { AuditVerification } from '../audit/audit.js';
import { auditFile, openAuditDatabase } from '../audit/audit-database.js';
import { verifyAudit } from '../audit/verify-audit.js';
import { LedgerError } from '../base/errors.js';
import { createLog } from '../base/log.js';
import { readConfig } from '../config.js';
import { auditChain } from '../open-site-audit.js';
import { openSite } from '../site.js';
import { callServer, problemOf } from './call-server.js';
import type { ServerAddress } from './server-address.js';

/**
 * Lets the running server read its audit again and compare it with the chain; with `data`, does so without a server, which has to
 * be stopped. Ends with exit code 1 when anything is not as it was written.
 */
export async function auditVerify({ server, data }: { server: ServerAddress; data?: string }): Promise<void> {
  const { rows, anchored, notAnchored, problems } =
    data === undefined ? await verifyByServer(server) : await verifyFiles(data);
  for (const problem of problems) console.log(problem);
  const found = problems.length === 0 ? 'all as they were written' : 'not as they were written';
  console.log(`${rows} rows in ${anchored} anchored parts, ${notAnchored} after the last one: ${found}.`);
  if (problems.length > 0) process.exitCode = 1;
}

async function verifyByServer(server: ServerAddress): Promise<AuditVerification> {
  const response = await callServer(server, '/ledger/audit/verify', { method: 'POST' });
  if (!response.ok) throw new LedgerError('unavailable', await problemOf(response));
  return (await response.json()) as AuditVerification;
}

async function verifyFiles(folder: string): Promise<AuditVerification> {
  const config = readConfig({ ...process.env, DATA_DIR: folder });
  const file = auditFile(config.DATA_DIR);
  if (!existsSync(file))
    throw new LedgerError('misconfigured', `There is no audit ${file}; give the data folder of the server.`);
  const site = await openSite(config, createLog(config.LOG_LEVEL));
  try {
    const db = openAuditDatabase(file);
    try {
      return await verifyAudit({ db, chain: auditChain(site) });
    } finally {
      db.close();
    }
  } finally {
    await site.close();
  }
}
