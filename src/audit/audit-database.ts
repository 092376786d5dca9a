import path from 'node:path';
import type Database from 'libsql';
import { openOwnDatabase } from '../base/open-own-database.js';

export type AuditDatabase = Database.Database;

export const auditFile = (dataFolder: string): string => path.join(dataFolder, 'audit.sqlite');

/** Opens the file of the audit as `openOwnDatabase` does; what is removed from it is overwritten. */
export function openAuditDatabase(file: string): AuditDatabase {
  const db = openOwnDatabase(file, {
    // "DLau"
    applicationId: 0x444c6175,
    format: 1,
    tablesFile: new URL('./tables.sql', import.meta.url),
    remedy: 'It is the audit. Put it aside for an examination; the next start makes a new one.',
  });
  db.pragma('secure_delete = ON');
  return db;
}
