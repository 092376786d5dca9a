import { keepRingOpen, type OpenRing } from './archive/rings/keep-ring-open.js';
import { keepUnlocked } from './archive/rings/keep-unlocked.js';
import { missingRings } from './archive/rings/missing-rings.js';
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
import { openSiteLetters } from './open-site-letters.js';

export interface SiteSharingDependencies {
  ledger: Ledger;
  catalog: Catalog;
  keyring: Keyring;
  progress: Progress;
  log: Log;
  /** How letters get to other sites, where it is not by HTTPS. */
  push?: typeof pushLetter;
}

/** All that goes on for the sharing of a site. */
export interface SiteSharing {
  ring: OpenRing;
  sharing: Sharing;
  letters: Letters;
  /** How many rings of this site the chain has whose keys are not here, as of the last look. */
  missingRings(): number;
  /** Sentences for `/readyz`, with the command to run. Never rejects. */
  warnings(): Promise<string[]>;
  close(): Promise<void>;
}

/** Opens the letters, keeps the ring open that SHARE says, gets its letters to their sites, and has read what a ring opens that comes in. */
export async function openSiteSharing(
  config: Pick<Config, 'DATA_DIR' | 'SHARE'> & Parameters<typeof openSiteLetters>[0],
  dependencies: SiteSharingDependencies,
): Promise<SiteSharing> {
  const { ledger, keyring, catalog, log, push = pushLetter } = dependencies;
  const { DATA_DIR, SHARE } = config;
  const grants = await openGrants(keysFolder(DATA_DIR));
  const letters = await openSiteLetters(config, dependencies);
  const delivery = deliverLetters({ letters, push, siteId: ledger.siteId, log });
  let choice: RingChoice | undefined;
  let missing = 0;
  const onChoice = async (found: RingChoice): Promise<void> => {
    choice = found;
    const rings = await ledger.rings(ledger.siteId);
    missing = missingRings(rings, keyring);
    delivery.want(await wantedLetters(ledger, { choice, grants: grants.all(), rings }));
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
    missingRings: () => missing,
    warnings: async () => [
      ...(await letters.warnings()),
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
      await letters.close();
    },
  };
}
