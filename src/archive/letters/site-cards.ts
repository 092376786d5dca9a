import { CARD_KEY_MS, type CardKeyring } from '../../keyring/card-keyring.js';
import type { ConsortiumAt } from '../../ledger/consortium/consortium-events.js';
import { type Card, readCards } from '../../ledger/consortium/read-cards.js';
import { readSeat, type Seat } from '../../ledger/consortium/read-seat.js';

/** A card on the chain, and what its champion is now. */
export interface SiteCard extends Card {
  seat: Seat;
}

const CARD_KEY_BYTES = 1_216;

/** The cards of all sites, or of one, by site. */
export async function readSiteCards(at: ConsortiumAt, siteId?: number): Promise<SiteCard[]> {
  const cards = await readCards(at, siteId);
  return Promise.all(cards.map(async (card) => ({ ...card, seat: await readSeat(at, card.publishedBy) })));
}

/** Whether an admin here has compared a card of the same champion. */
export function isCompared({ siteId, publishedBy }: Card, cards: Pick<CardKeyring, 'compared'>): boolean {
  return cards.compared().some((one) => one.siteId === siteId && one.champion === publishedBy);
}

/** Why a card is not believed, with what to do: a sentence; undefined when it is. */
export function disbelief(card: SiteCard, cards: Pick<CardKeyring, 'compared'>): string | undefined {
  const { siteId, seat } = card;
  if (!seat.isAdmitted && seat.siteId === siteId) return `Site ${siteId} is dismissed.`;
  if (seat.siteId !== siteId || seat.role !== 'champion')
    return `The card of site ${siteId} was published by ${card.publishedBy}, which is no champion of it any more: that site publishes another ("dicom-ledger card publish").`;
  if (isCompared(card, cards)) return undefined;
  return `Nobody here has compared the card of site ${siteId}: call somebody there, have its fingerprint read out, and run "dicom-ledger card compare ${siteId} <fingerprint>".`;
}

/** Why no letter can be encrypted for a card today, with what to do: a sentence; undefined when one can. */
export function decay({ siteId, cardKey, publishedAt }: Card, now: number): string | undefined {
  if (cardKey.length !== CARD_KEY_BYTES)
    return `The card key of site ${siteId} has ${cardKey.length} bytes, not ${CARD_KEY_BYTES}: that site publishes another card.`;
  // It was made before it was published: the other site has destroyed its private half by then.
  if (now < publishedAt * 1000 + CARD_KEY_MS) return undefined;
  return `The card of site ${siteId} is older than 30 days: that site publishes another ("dicom-ledger card publish").`;
}
