import type Database from 'libsql';
import { openOwnDatabase } from '../base/open-own-database.js';

export type AccessDatabase = Database.Database;

/**
 * Opens the file of sessions, API keys and share links as `openOwnDatabase` does: what is acknowledged survives a power cut, so that a
 * key that was revoked stays so.
 */
export function openAccessDatabase(file: string): AccessDatabase {
  return openOwnDatabase(file, {
    // "DLac"
    applicationId: 0x444c6163,
    format: 2,
    tablesFile: new URL('./tables.sql', import.meta.url),
    upgrades: { 1: 'ALTER TABLE session ADD COLUMN emergency TEXT' },
    remedy:
      'It has the sessions, API keys and share links: bring it back from a backup, or move it away and make new keys.',
  });
}
