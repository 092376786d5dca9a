import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { LedgerError } from '../base/errors.js';

/** The environment, before which go the settings of a file, one NAME=value a line, as a service gets them. */
export async function readEnvironment(settings: string | undefined): Promise<NodeJS.Dict<string>> {
  if (settings === undefined) return process.env;
  const text = await readFile(settings, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError('bad-request', `The file ${settings} cannot be read (${cause.code}).`, { cause });
  });
  return { ...process.env, ...parseEnv(text) };
}
