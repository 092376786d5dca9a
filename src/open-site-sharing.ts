import { keepRingOpen, type OpenRing } from './archive/rings/keep-ring-open.js';
import { keepUnlocked } from './archive/rings/keep-unlocked.js';
import type { RingChoice } from './archive/rings/choose-ring.js';
import { createSharing } from './archive/sharing/create-sharing.js';
import { deliverLetters } from './archive/sharing/deliver-letters.js';
import { pushLetter } from './archive/sharing/push-letter.js';
import type { Sharing } from './archive/sharing/sharing.js';
import { wantedLetters } from './archive/sharing/wanted-letters.js';
import type { Letters } from './archive/letters/letters.js';
import type { Progress } from './archive/project/progress.js';
import type { Log } from './base/log.js';
import type { Catalog } from './catalog/catalog.js';
import type { Config } from './config.js';
import type { Keyring } from './keyring/keyring.js';
import { keysFolder } from './keyring/keys-folder.js';
import { openGrants } from './keyring/open-grants.js';
import type { Ledger } from './ledger/ledger.js';

export interface SiteSharingDependencies {
  ledger: Ledger;
  catalog: Catalog;
  keyring: Keyring;
  letters: Letters;
  progress: Progress;
  log: Log;
  /** How letters get to other sites, where it is not by HTTPS. */
  push?: typeof pushLetter;
}

/** All that goes on for the sharing of a site. */
export interface SiteSharing {
  ring: OpenRing;
  sharing: Sharing;
  /** As those of the site, with what follows from them for letters that wait. */
  letters: Letters;
  /** Sentences for `/readyz`, with the command to run. */
  warnings(): string[];
  close(): Promise<void>;
}

/** Keeps the ring open that SHARE says, gets the letters of it to their sites, and has read what a ring opens that comes in. */
export async function openSiteSharing(
  { DATA_DIR, SHARE }: Pick<Config, 'DATA_DIR' | 'SHARE'>,
  dependencies: SiteSharingDependencies,
): Promise<SiteSharing> {
  const { ledger, keyring, letters, catalog, log, push = pushLetter } = dependencies;
  const grants = await openGrants(keysFolder(DATA_DIR));
  const delivery = deliverLetters({ letters, push, siteId: ledger.siteId, log });
  let choice: RingChoice | undefined;
  const onChoice = async (found: RingChoice): Promise<void> => {
    choice = found;
    delivery.want(await wantedLetters(ledger, { choice, grants: grants.all() }));
    delivery.tryAgain();
  };
  const ring = keepRingOpen(dependencies, { share: SHARE, onChoice });
  const endUnlocking = keepUnlocked(dependencies);
  const sharing = createSharing({
    ...{ keyring, ledger, catalog, grants },
    choice: () => choice,
    onGranted: () => ring.lookAgain(),
  });
  return {
    ring,
    sharing,
    letters: {
      ...letters,
      compare: async (siteId, fingerprint) => {
        await letters.compare(siteId, fingerprint);
        delivery.tryAgain();
      },
    },
    warnings: () => [
      ...(choice?.notAdmitted ?? []).map(
        (site) =>
          `SHARE names site ${site}, which is not admitted: nothing that is stored is for it. Take it out of SHARE if that is to stay so.`,
      ),
      ...delivery.warnings(),
    ],
    close: async () => {
      endUnlocking();
      await ring.close();
      await delivery.close();
    },
  };
}
