import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { LedgerError } from '../../base/errors.js';
import { writeDurably } from '../../base/write-durably.js';

/** What the provider of the accounts signs with. */
export interface ProviderKeys {
  /** Private; ES256. */
  signing: JWK;
  /** Of its cookies. */
  cookies: string;
}

/**
 * Reads `accounts.keys` of a data folder, or makes it at the first start (mode 0600). Without it tokens that were given out are not valid
 * any more, and nothing else is lost. Throws `misconfigured` for a file that has no keys.
 */
export async function openProviderKeys(dataFolder: string): Promise<ProviderKeys> {
  const file = path.join(dataFolder, 'accounts.keys');
  try {
    const keys = JSON.parse(await readFile(file, 'utf8')) as ProviderKeys;
    await importJWK(keys.signing, 'ES256');
    if (typeof keys.signing.d !== 'string' || !/^[\w-]{43}$/.test(keys.cookies)) throw new Error('A key is missing.');
    return keys;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new LedgerError(
        'misconfigured',
        `The file ${file} has no keys for the accounts; delete it, and the next start makes new ones.`,
        { cause: error },
      );
  }
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = randomBytes(8).toString('hex');
  const signing = { ...(await exportJWK(privateKey)), kid, alg: 'ES256', use: 'sig' };
  const keys = { signing, cookies: randomBytes(32).toString('base64url') };
  await writeDurably(file, `${JSON.stringify(keys)}\n`, { mode: 0o600 });
  return keys;
}
