import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { openLetters } from './archive/letters/open-letters.js';
import type { Letters } from './archive/letters/letters.js';
import { certificatePin } from './base/certificate-pin.js';
import { LedgerError } from './base/errors.js';
import type { Log } from './base/log.js';
import type { Catalog } from './catalog/catalog.js';
import type { Config } from './config.js';
import type { Keyring } from './keyring/keyring.js';
import { keysFolder } from './keyring/keys-folder.js';
import { openCardKeyring } from './keyring/open-card-keyring.js';
import type { Ledger } from './ledger/ledger.js';
import { siteKeyWrapping } from './open-site-keyring.js';

/** Where other sites push letters to, below the URL of the server. */
const LETTERS_PATH = '/ledger/letters';

export interface SiteLettersDependencies {
  ledger: Ledger;
  keyring: Keyring;
  catalog: Catalog;
  log: Log;
}

/** The letters of this site, with the card keys for which it gets them. */
export async function openSiteLetters(
  config: Pick<
    Config,
    'DATA_DIR' | 'LEDGER_URL' | 'KEY_COMMAND' | 'KEY_PASSPHRASE_FILE' | 'PUBLIC_URL' | 'TLS_CERT_FILE'
  >,
  { ledger, keyring, catalog, log }: SiteLettersDependencies,
): Promise<Letters> {
  const { PUBLIC_URL, TLS_CERT_FILE } = config;
  const cards = await openCardKeyring({
    folder: keysFolder(config.DATA_DIR),
    owner: keyring.owner,
    wrapping: siteKeyWrapping(config),
    log,
  });
  const letters = openLetters(
    { ledger, keyring, catalog, cards, log },
    {
      url: PUBLIC_URL?.startsWith('https:') ? `${PUBLIC_URL.replace(/\/+$/, '')}${LETTERS_PATH}` : undefined,
      certificatePin: async () => (TLS_CERT_FILE === undefined ? undefined : pinOfFile(TLS_CERT_FILE)),
    },
  );
  return {
    ...letters,
    close: async () => {
      await letters.close();
      await cards.close();
    },
  };
}

async function pinOfFile(file: string): Promise<`0x${string}`> {
  try {
    return certificatePin(new X509Certificate(await readFile(file)));
  } catch (cause) {
    throw new LedgerError('misconfigured', `The certificate in TLS_CERT_FILE "${file}" cannot be read.`, { cause });
  }
}
