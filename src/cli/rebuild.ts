import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { lockFolder } from '../base/folder-lock.js';
import { readConfig } from '../config.js';
import { LedgerError } from '../base/errors.js';
import { createLog } from '../base/log.js';
import { catalogFile } from '../open-site-catalog.js';
import { cacheFolder, openSite } from '../site.js';

/** Throws `locked` while the server runs, or another one that writes the same catalogue. */
export async function rebuild(): Promise<void> {
  const config = readConfig(process.env);
  if (!existsSync(config.DATA_DIR))
    throw new LedgerError('misconfigured', `There is no folder ${config.DATA_DIR}; set DATA_DIR to the server's.`);
  const lock = lockFolder(config.DATA_DIR);
  if (config.CATALOG_URL === undefined)
    for (const ending of ['', '-wal', '-shm']) await rm(catalogFile(config.DATA_DIR) + ending, { force: true });
  else {
    const { dropPostgresCatalog } = await import('../catalog/postgres/drop-postgres-catalog.js');
    await dropPostgresCatalog({ url: config.CATALOG_URL, passwordFile: config.CATALOG_PASSWORD_FILE });
  }
  await rm(cacheFolder(config.DATA_DIR), { recursive: true, force: true });
  lock.release();
  const site = await openSite(config, createLog(config.LOG_LEVEL));
  try {
    await site.caughtUp();
    const { studies, series, instances } = await site.catalog.seenBy('everything').counts();
    console.log(
      `The catalogue is rebuilt from the chain: ${studies} studies, ${series} series, ${instances} instances.`,
    );
  } finally {
    await site.close();
  }
}
