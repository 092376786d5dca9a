import os from 'node:os';
import path from 'node:path';

/** Where lies what is built or fetched once, outside of every checkout. `build-geth.mjs` has it by itself: it is copied away alone. */
export const cacheFolder = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'dicom-ledger');
