import type Database from 'libsql';
import { openOwnDatabase } from '../base/open-own-database.js';

export type WorklistDatabase = Database.Database;

/** Opens the file of workitems and subscriptions as `openOwnDatabase` does. */
export function openWorklistDatabase(file: string): WorklistDatabase {
  return openOwnDatabase(file, {
    // "DLwl"
    applicationId: 0x444c776c,
    format: 1,
    tablesFile: new URL('./tables.sql', import.meta.url),
    remedy: 'It has the workitems and subscriptions: bring it back from a backup, or move it away and begin anew.',
  });
}
