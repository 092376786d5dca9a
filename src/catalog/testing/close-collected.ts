import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Closes the files of catalogues that were closed: libsql does it when their statements are collected, and of those the collector does
 * not know that files hang on them.
 */
export async function closeCollected(): Promise<void> {
  collect();
  await nextTurn();
}
