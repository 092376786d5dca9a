import { file, setting } from './base/setting.js';

/** The settings of what keeps the key under which the rings lie on the disk. */
export const KEY_SETTINGS = {
  KEY_COMMAND: setting(
    file,
    undefined,
    'file',
    'A program that wraps the key of the rings by a TPM, a token or a key management, and opens it again (see keys).',
  ),
  KEY_PASSPHRASE_FILE: setting(
    file,
    undefined,
    'file',
    'A passphrase that wraps the key of the rings where there is no KEY_COMMAND: the first line; earlier ones may follow, one a line.',
  ),
} as const;
