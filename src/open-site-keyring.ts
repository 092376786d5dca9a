import type { Config } from './config.js';
import type { Keyring } from './keyring/keyring.js';
import { createKeyWrapping, type KeyWrapping } from './keyring/key-wrapping.js';
import { keysFolder } from './keyring/keys-folder.js';
import { openKeyring } from './keyring/open-keyring.js';
import { fromHex } from './ledger/ethereum/hex.js';
import type { Ledger } from './ledger/ledger.js';

/** The keyring of this site; undefined where the contract that is written to knows no rings, or the account no site. */
export async function openSiteKeyring(
  config: Pick<Config, 'DATA_DIR' | 'LEDGER_URL' | 'KEY_COMMAND' | 'KEY_PASSPHRASE_FILE'>,
  { chainId, consortium, siteId }: Pick<Ledger, 'chainId' | 'consortium' | 'siteId'>,
): Promise<Keyring | undefined> {
  if (consortium === undefined || siteId === 0) return undefined;
  return openKeyring({
    folder: keysFolder(config.DATA_DIR),
    owner: { chainId, consortium: fromHex(consortium), siteId },
    wrapping: siteKeyWrapping(config),
  });
}

/** What wraps the file keys of this site. */
export function siteKeyWrapping({
  LEDGER_URL,
  KEY_COMMAND: command,
  KEY_PASSPHRASE_FILE: passphraseFile,
}: Pick<Config, 'LEDGER_URL' | 'KEY_COMMAND' | 'KEY_PASSPHRASE_FILE'>): KeyWrapping {
  return createKeyWrapping({
    ...(command !== undefined && { command }),
    ...(passphraseFile !== undefined && { passphraseFile }),
    // A trial has all on one machine, where whoever reads this file can read everything.
    allowsClear: LEDGER_URL === undefined,
  });
}
