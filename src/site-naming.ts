import type { Pseudonyms } from './archive/pseudonyms.js';
import type { OpenRing } from './archive/rings/keep-ring-open.js';
import type { BodySecrets } from './archive/secrecy/body-secrets.js';
import { nameByNumbers } from './archive/store/name-by-numbers.js';
import { nameByPseudonyms } from './archive/store/name-by-pseudonyms.js';
import type { Naming } from './archive/store/naming.js';
import { LedgerError } from './base/errors.js';
import type { Catalog } from './catalog/catalog.js';
import type { Config } from './config.js';
import type { Keyring } from './keyring/keyring.js';
import type { Ledger } from './ledger/ledger.js';

export interface SiteNamingDependencies {
  ledger: Ledger;
  catalog: Catalog;
  /** Where the contract that is written to is of release 2, and this site is admitted. */
  keyring: Keyring | undefined;
  /** Where there is a keyring. */
  ring: Pick<OpenRing, 'writing'> | undefined;
  secrets: BodySecrets;
  /** Of release 1. */
  pseudonyms: Pseudonyms | undefined;
}

/** How this site names what it stores. */
export function siteNaming(
  { PADDING }: Pick<Config, 'PADDING'>,
  { ledger, catalog, keyring, ring, secrets, pseudonyms }: SiteNamingDependencies,
): Naming {
  const { projection } = catalog;
  if (pseudonyms !== undefined && ledger.release === 1) return nameByPseudonyms({ pseudonyms, projection });
  const ownRings = (): Buffer[] =>
    (keyring?.rings() ?? []).filter(({ siteId }) => siteId === ledger.siteId).map(({ ringId }) => ringId);
  const numbers = {
    ownRings,
    writingRing: () => ring?.writing() ?? Promise.reject(notAdmitted(ledger)),
    numbersOf: (identity: Parameters<Keyring['numbersOf']>[0]) =>
      keyring?.numbersOf(identity) ?? Promise.reject(notAdmitted(ledger)),
  };
  return nameByNumbers({ ledger, projection, secrets, numbers }, { isPadded: PADDING === 'on' });
}

function notAdmitted({ account }: Ledger): LedgerError {
  return new LedgerError(
    'site-not-admitted',
    `The account ${account} belonged to no site when this server started, and so has no keys: once its site has named it, start the server again, with JOIN_SITE.`,
  );
}
