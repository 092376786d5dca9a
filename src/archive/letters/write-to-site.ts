import { LedgerError } from '../../base/errors.js';
import { inTurns } from '../../base/in-turns.js';
import type { Keyring, RingName } from '../../keyring/keyring.js';
import type { CardKeyring } from '../../keyring/card-keyring.js';
import type { Ledger } from '../../ledger/ledger.js';
import { grant, puncturing, type Ring } from '../../secrecy/ring.js';
import { pathOf } from '../../secrecy/tree.js';
import { type SharedRing, sharedRings } from './shared-rings.js';
import { decay, disbelief, readSiteCards } from './site-cards.js';

export interface WriteDependencies {
  ledger: Pick<Ledger, 'askConsortium' | 'sign' | 'siteId'>;
  keyring: Pick<Keyring, 'owner' | 'ringOf'>;
  cards: Pick<CardKeyring, 'compared'>;
  now: () => number;
  signal: AbortSignal;
}

export interface RingToSend {
  to: number;
  ring: RingName;
  /** Undefined: all that is held and shared. */
  studyKeys: readonly bigint[] | undefined;
}

/** `Letters.write`. */
export async function writeToSite(
  dependencies: WriteDependencies,
  { to, ring, studyKeys }: RingToSend,
): Promise<Buffer> {
  const { ledger, keyring, cards, now } = dependencies;
  const { siteId: from } = ledger;
  const { ringId } = ring;
  if (to === from) throw new LedgerError('bad-request', `Site ${to} is this one: it writes itself no letters.`);
  const held = keyring.ringOf(ring);
  if (!held || held.size === 0) throw notHeld(ring);
  const [card] = await ledger.askConsortium((at) => readSiteCards(at, to));
  if (!card)
    throw new LedgerError('conflict', `Site ${to} has no card for letters: it publishes one ("dicom-ledger card publish").`); // prettier-ignore
  const disbelieved = disbelief(card, cards);
  if (disbelieved !== undefined) throw new LedgerError('forbidden', disbelieved);
  const decayed = decay(card, now());
  if (decayed !== undefined) throw new LedgerError('conflict', decayed);

  const shared = (await sharedRings(dependencies, { from, to, ringId })).find(({ siteId }) => siteId === ring.siteId);
  if (!shared)
    throw new LedgerError('forbidden', `The chain does not share that ring of site ${ring.siteId} with site ${to}.`);
  const part = partOf(await inTurns(puncturing(held, shared.erased)), { to, shared, studyKeys });
  if (part.size === 0) throw notHeld(ring);
  const { chainId, consortium } = keyring.owner;
  const { writeLetter } = await import('../../secrecy/letter.js');
  return writeLetter(
    { chainId, consortium, from, to, ringId, ring: part },
    { cardKey: card.cardKey, sign: (digest) => ledger.sign(digest) },
  );
}

/** What of a ring goes into the letter: never more than the chain shares. */
function partOf(
  held: Ring,
  { to, shared, studyKeys }: Pick<RingToSend, 'to' | 'studyKeys'> & { shared: SharedRing },
): Ring {
  const wanted = studyKeys ?? (shared.studyKeys && [...shared.studyKeys]);
  if (wanted === undefined) return held;
  const unshared = shared.studyKeys && wanted.find((key) => !shared.studyKeys!.has(key));
  if (unshared !== undefined)
    throw new LedgerError('forbidden', `The chain does not share the study of number ${unshared} with site ${to}: share it first ("dicom-ledger share study").`); // prettier-ignore
  return new Map(wanted.flatMap((key) => [...grant(held, pathOf(key))]));
}

function notHeld({ siteId, ringId }: RingName): LedgerError {
  return new LedgerError(
    'not-found',
    `Nothing of that is held here: ring ${ringId.toString('hex')} of site ${siteId}. "dicom-ledger keys status" lists what is.`,
  );
}
