import path from 'node:path';
import Database from 'libsql';
import { LedgerError } from './errors.js';

/** Held until released or the process ends, however it ends: the operating system gives SQLite's file lock back. */
export interface FolderLock {
  release(): void;
}

/** Takes `folder` for this process alone. Throws `locked` when another one has it, `misconfigured` when it is no folder to write to, or cannot be locked. */
export function lockFolder(folder: string): FolderLock {
  let database: Database.Database;
  try {
    database = new Database(path.join(folder, 'lock'));
  } catch (cause) {
    throw new LedgerError('misconfigured', `${folder} is no folder that can be written to; give another DATA_DIR.`, {
      cause,
    });
  }
  try {
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if ((cause as { code?: unknown }).code !== 'SQLITE_BUSY')
      throw new LedgerError(
        'misconfigured',
        `The data folder ${folder} cannot be locked (${(cause as Error).message}); see to its disk, and to the file "lock" in it.`,
        { cause },
      );
    throw new LedgerError(
      'locked',
      `The data folder ${folder} is in use by another dicom-ledger; stop it first, or give this one another DATA_DIR.`,
      { cause },
    );
  }
  return {
    release: () => {
      // libsql closes the file when it has collected what used it; the lock is given back now.
      database.exec('ROLLBACK; PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_schema');
      database.close();
    },
  };
}
