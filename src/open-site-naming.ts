import type { Progress } from './archive/project/progress.js';
import type { Pseudonyms } from './archive/pseudonyms.js';
import { keepRingOpen } from './archive/rings/keep-ring-open.js';
import { keepUnlocked } from './archive/rings/keep-unlocked.js';
import type { BodySecrets } from './archive/secrecy/body-secrets.js';
import { nameByNumbers } from './archive/store/name-by-numbers.js';
import { nameByPseudonyms } from './archive/store/name-by-pseudonyms.js';
import type { Naming } from './archive/store/naming.js';
import { LedgerError } from './base/errors.js';
import type { Log } from './base/log.js';
import type { Catalog } from './catalog/catalog.js';
import type { Config } from './config.js';
import type { Keyring } from './keyring/keyring.js';
import type { Ledger } from './ledger/ledger.js';

export interface SiteNamingDependencies {
  ledger: Ledger;
  catalog: Catalog;
  /** Where the contract that is written to is of release 2, and this site is admitted. */
  keyring: Keyring | undefined;
  secrets: BodySecrets;
  /** Of release 1. */
  pseudonyms: Pseudonyms | undefined;
  progress: Progress;
  log: Log;
}

/** How this site names what it stores, with what has to go on for it: the ring of the year is kept open, and what a ring opens is read. */
export function openSiteNaming(
  { PADDING, SHARE }: Pick<Config, 'PADDING' | 'SHARE'>,
  dependencies: SiteNamingDependencies,
): { naming: Naming; close(): Promise<void> } {
  const { ledger, catalog, keyring, secrets, pseudonyms } = dependencies;
  const { projection } = catalog;
  if (pseudonyms !== undefined && ledger.release === 1)
    return { naming: nameByPseudonyms({ pseudonyms, projection }), close: () => Promise.resolve() };
  const ring = keyring && keepRingOpen({ ...dependencies, keyring }, { share: SHARE });
  const endUnlocking = keyring && keepUnlocked({ ...dependencies, keyring });
  const numbers = {
    writingRing: () => ring?.writing() ?? Promise.reject(notAdmitted(ledger)),
    numbersOf: (identity: Parameters<Keyring['numbersOf']>[0]) =>
      keyring?.numbersOf(identity) ?? Promise.reject(notAdmitted(ledger)),
  };
  return {
    naming: nameByNumbers({ ledger, projection, secrets, numbers }, { isPadded: PADDING === 'on' }),
    close: async () => {
      endUnlocking?.();
      await ring?.close();
    },
  };
}

function notAdmitted({ account }: Ledger): LedgerError {
  return new LedgerError(
    'site-not-admitted',
    `The account ${account} belonged to no site when this server started, and so has no keys: once its site has named it, start the server again, with JOIN_SITE.`,
  );
}
