import { readdir } from 'node:fs/promises';
import type { Config } from '../config.js';
import type { Check } from './finding.js';

/** What of DATA_DIR nothing brings back (docs/operations/backup.md). */
const KEPT = [
  'annotations.sqlite',
  'audit.sqlite',
  'worklist.sqlite',
  'access.sqlite',
  'accounts.sqlite',
  'accounts.keys',
];
const EMBEDDED = ['chain', 'contract', 'site.key', 'governor.key', 'consortium.key'];

/** What a backup has to have: dicom-ledger makes none, and cannot see whether another program does. */
export function backups({ DATA_DIR, LEDGER_URL, CONSORTIUM_KEY_FILE, SITE_KEYSTORE_FILE }: Config): Check {
  return {
    name: 'backup',
    look: async ({ ok }) => {
      const there = await readdir(DATA_DIR).catch((): string[] => []);
      const kept = [...KEPT, ...(LEDGER_URL === undefined ? EMBEDDED : [])].filter((name) => there.includes(name));
      const files = [CONSORTIUM_KEY_FILE, SITE_KEYSTORE_FILE].filter((file) => file !== undefined);
      const what = [...files, ...(kept.length > 0 ? [`${kept.join(', ')} of DATA_DIR`] : [])].join(', ');
      ok(`Whether backups are made cannot be seen here. They have to have: ${what || 'nothing yet'} (docs/operations/backup.md).`); // prettier-ignore
    },
  };
}
