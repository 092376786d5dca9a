import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import { writeDurably } from '../base/write-durably.js';
import type { Way } from './authenticate.js';
import { bearerCredential } from './bearer-credential.js';
import { isFromThisMachine } from './from-this-machine.js';
import { OWN_ISSUER, PERMISSIONS, type Principal } from './principal.js';
import { digestOf, isSecretOf, newSecret } from './secret.js';

const FORM = /^dl_local_[A-Za-z0-9_-]{43}$/;

/** Whoever may read the data folder: the one who started the server, or root. */
export const LOCAL_OPERATOR: Omit<Principal, 'via'> = {
  subject: 'local',
  issuer: OWN_ISSUER,
  name: 'Local operator',
  permissions: new Set(PERMISSIONS),
  sees: 'everything',
};

/** Where programs of this machine find the token that lets them in: those that may read the data folder. */
export const localTokenFile = (dataFolder: string): string => path.join(dataFolder, 'local.token');

/** Reads the token, or makes one at the first start (256 random bits, mode 0600). Throws `misconfigured` for a file that has none. */
export async function openLocalToken(dataFolder: string): Promise<string> {
  const file = localTokenFile(dataFolder);
  const found = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new LedgerError('misconfigured', `The file ${file} cannot be read (${error.code}).`, { cause: error });
  });
  if (found === undefined) {
    const token = `dl_local_${newSecret()}`;
    await writeDurably(file, `${token}\n`, { mode: 0o600 });
    return token;
  }
  const token = found.trim();
  if (!FORM.test(token))
    throw new LedgerError(
      'misconfigured',
      `The file ${file} has no token; delete it, and the next start makes a new one.`,
    );
  return token;
}

/** Lets whoever shows `token` from this machine do and see everything. */
export function localTokenWay(token: string): Way {
  const expected = digestOf(token);
  return async (request) => {
    const given = bearerCredential(request);
    if (given === undefined || !FORM.test(given)) return undefined;
    if (isFromThisMachine(request) && isSecretOf(expected, given)) return { ...LOCAL_OPERATOR, via: 'local-token' };
    throw new LedgerError(
      'unauthenticated',
      'This is not the local token of this server, or it comes from another machine; read it from local.token in DATA_DIR.',
    );
  };
}
