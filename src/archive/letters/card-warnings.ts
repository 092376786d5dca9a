import { CARD_KEY_MS, type CardKeyring } from '../../keyring/card-keyring.js';
import { readCard } from '../../ledger/consortium/read-cards.js';
import type { Ledger } from '../../ledger/ledger.js';

export interface CardWarningsDependencies {
  ledger: Pick<Ledger, 'askConsortium' | 'rings'>;
  cards: Pick<CardKeyring, 'held'>;
  siteId: number;
}

/** A champion is a person, who may be away. */
const WARN_BEFORE_MS = 5 * 24 * 3_600_000;
/** What the chain says is asked again after so long; it takes reading all rings. */
const BELIEVED_MS = 5 * 60_000;

/**
 * Makes the sentences of `/readyz` on the card of this site: when it is missing or at its end, and the site shares with another, or another with
 * it. While the chain cannot be asked it says what it has said before. Never rejects.
 */
export function cardWarnings(
  { ledger, cards, siteId }: CardWarningsDependencies,
  now: () => number,
): () => Promise<string[]> {
  let known: string[] = [];
  let askedAt = -Infinity;

  const sentence = async (): Promise<string[]> => {
    const rings = await ledger.rings();
    const shares = rings.some(
      (ring) =>
        ring.shares.length > 0 && (ring.siteId === siteId || ring.shares.some(({ toSite }) => toSite === siteId)),
    );
    if (!shares) return [];
    const card = await ledger.askConsortium((at) => readCard(at, siteId), { depth: 1 });
    const key = card && cards.held().find(({ publicKey }) => publicKey.equals(card.cardKey));
    const command = 'a champion of this site publishes one ("dicom-ledger card publish")';
    if (!card) return [`This site has no card, so no other can write it letters: ${command}.`];
    if (!key)
      return [`The card of this site is for a key that is not here any more: no letter can be read until ${command}.`];
    const daysLeft = Math.floor((key.madeAt + CARD_KEY_MS - now()) / 86_400_000);
    if (now() < key.madeAt + CARD_KEY_MS - WARN_BEFORE_MS) return [];
    return [`The card of this site ends in ${daysLeft} days: ${command} before.`];
  };

  return async () => {
    if (now() - askedAt < BELIEVED_MS) return known;
    askedAt = now();
    try {
      known = await sentence();
    } catch {
      // The alarms say that no node answers.
    }
    return known;
  };
}
