import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { parseKey } from './keys.js';
import { readKeystore } from './keystore.js';
import { accountOf } from './sign.js';

/** Where the key of a site's account is: one of a keystore with its password file, or the key itself. */
export interface SiteKeySource {
  keystoreFile: string | undefined;
  passwordFile: string | undefined;
  /** 64 hex digits. */
  rawKey: string | undefined;
}

/** The key that this site signs with on a network. None is ever made here. Throws `misconfigured`. */
export async function readSiteKey({ log }: { log: Log }, source: SiteKeySource): Promise<Buffer> {
  const { keystoreFile, passwordFile, rawKey } = source;
  if (keystoreFile !== undefined && passwordFile !== undefined)
    return readKeystore({ file: keystoreFile, passwordFile });
  if (rawKey === undefined) {
    throw new LedgerError(
      'misconfigured',
      'This site has no key: make one with "dicom-ledger key new --keystore <file> --password-file <file>", let a governor ' +
        'admit its address with "dicom-ledger site admit", and set SITE_KEYSTORE_FILE and SITE_PASSWORD_FILE.',
    );
  }
  const key = parseKey('SITE_KEY', rawKey);
  log.warn(
    { account: accountOf(key) },
    'SITE_KEY stands in the environment, where other programs can read it: for trials only. Use SITE_KEYSTORE_FILE.',
  );
  return key;
}
