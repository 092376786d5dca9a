import { existsSync } from 'node:fs';
import type { Config } from '../config.js';
import { createKeyWrapping } from '../keyring/key-wrapping.js';
import { keysFolder } from '../keyring/keys-folder.js';
import { readKeyStatus } from '../keyring/read-key-status.js';
import { ringFile } from '../keyring/ring-file.js';
import type { Check } from './finding.js';

const PAGE = 'docs/operations/keys.md';

/** Whether the keys can be opened with these settings, how they are kept, and whether their backup is in order. */
export function keyFiles({ DATA_DIR, LEDGER_URL, KEY_COMMAND, KEY_PASSPHRASE_FILE }: Config): Check {
  return {
    name: 'keys',
    look: async ({ ok, warning, fault }) => {
      const folder = keysFolder(DATA_DIR);
      if (!existsSync(ringFile(folder))) {
        ok(`There are no keys in ${folder}.`);
        return;
      }
      const wrapping = createKeyWrapping({
        command: KEY_COMMAND,
        passphraseFile: KEY_PASSPHRASE_FILE,
        // What must not be is a finding here.
        allowsClear: true,
      });
      const status = await readKeyStatus({ folder, wrapping }).catch((error: Error) => error);
      if (status instanceof Error) {
        fault(status.message, `See ${PAGE}.`);
        return;
      }
      if (wrapping.kind === 'none' && LEDGER_URL !== undefined)
        fault('The keys lie in the clear, which is for a trial on the embedded chain alone.', `Set KEY_COMMAND or KEY_PASSPHRASE_FILE (${PAGE}).`); // prettier-ignore
      const kept = { command: 'wrapped by KEY_COMMAND', passphrase: 'under a passphrase', none: 'in the clear' };
      ok(`${status.rings.length} rings in ${folder} can be opened; they lie ${kept[wrapping.kind]}.`);
      for (const sentence of status.warnings) warning(sentence, `See ${PAGE}#backup.`);
    },
  };
}
