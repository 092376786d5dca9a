import { existsSync } from 'node:fs';
import { readConsortiumKey } from '../archive/pseudonyms.js';
import { LedgerError } from '../base/errors.js';
import { accountOf } from '../ledger/keys/sign.js';
import { readKey, type KeyOptions } from './chain-options.js';

/** The address alone goes to standard output, for scripts. */
export async function newKey({ keystore, passwordFile }: KeyOptions): Promise<void> {
  const { createKeystore } = await import('../ledger/keys/keystore.js');
  console.log(await createKeystore({ file: keystore, passwordFile }));
  console.error(`The key is in ${keystore}, its password in ${passwordFile}: back both up, apart from each other.`);
}

export async function keyAddress(options: KeyOptions): Promise<void> {
  console.log(accountOf(await readKey(options)));
}

export async function newConsortiumKey({ file }: { file: string }): Promise<void> {
  if (existsSync(file)) {
    throw new LedgerError(
      'bad-request',
      `${file} is there already: a consortium has one key, which is never made anew.`,
    );
  }
  await readConsortiumKey({ file, create: true });
  console.log(
    `${file} has the consortium's key: bring it to every site in secret, as its CONSORTIUM_KEY_FILE, and back it up. ` +
      'Without it nobody can find an image by its UID again.',
  );
}
