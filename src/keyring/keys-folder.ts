import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../base/write-durably.js';

/** Where a server has its keys and the numbers that it gives. */
export const keysFolder = (dataFolder: string): string => path.join(dataFolder, 'keys');

/** Makes the folder where it isn't there, for this user alone. Its own name has to survive a power cut, else its files are lost with it. */
export async function makeKeysFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made !== undefined)
    for (let at = folder; at.startsWith(made); at = path.dirname(at)) await syncFolder(path.dirname(at));
}
