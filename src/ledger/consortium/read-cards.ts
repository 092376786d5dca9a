import { AbiCoder } from 'ethers/abi';
import { LedgerError } from '../../base/errors.js';
import { fromHex, type Hex, toHex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { blockTimes } from './block-times.js';
import { type ConsortiumAt, type ConsortiumEvent, consortiumEvents, lower, uintTopic } from './consortium-events.js';
import { consortiumInterface, createConsortiumReader } from './consortium-reader.js';

/** What a champion has published of a site: how it gets its letters. */
export interface Card {
  siteId: number;
  /** Where letters are pushed to; empty: by file alone. */
  url: string;
  /** SHA-256 of the public key of the certificate that the URL has to show (RFC 7469 §2.4); undefined without a URL. */
  certificatePin: Hex | undefined;
  /** For which letters are encrypted; 1,216 bytes of X-Wing, if it is right. */
  cardKey: Buffer;
  readerVersion: number;
  /** Accounts of the servers that hold its rings. */
  servers: Hex[];
  /** Account of the champion. */
  publishedBy: Hex;
  /** Time of the block, in seconds. */
  publishedAt: number;
}

const NO_PIN = `0x${'00'.repeat(32)}`;
const CARD_TYPE = consortiumInterface.getEvent('CardPublished')!.inputs[2]!;

/**
 * The card that a site has today; undefined when it has published none. Rejects with `unavailable` when the node does not give the event of the
 * very card whose hash the contract has.
 */
export async function readCard(at: ConsortiumAt, siteId: number): Promise<Card | undefined> {
  const [card] = await readCards(at, siteId);
  return card;
}

/** Those of all sites that have one, by site. As `readCard`. */
export async function readCards(at: ConsortiumAt, siteId?: number): Promise<Card[]> {
  const indexed = siteId === undefined ? [] : [uintTopic(siteId)];
  const newest = new Map<number, ConsortiumEvent>();
  for (const event of await consortiumEvents(at, ['CardPublished'], { indexed }))
    newest.set(Number(event.values.siteId), event);
  const timeOf = await blockTimes(at.rpc, [...newest.values()]);
  const reader = createConsortiumReader(at.rpc, at.consortium);
  const sites = siteId === undefined ? [...newest.keys()].sort((a, b) => a - b) : [siteId];
  const cards = sites.map(async (site): Promise<Card[]> => {
    const hash = lower((await reader.read('cardHashOf', site))[0]);
    const event = newest.get(site);
    if (event === undefined && /^0x0*$/.test(hash)) return [];
    if (event === undefined || cardHash(event.values.card) !== hash)
      throw new LedgerError('unavailable', `The node does not give the card of site ${site} that the contract has; it may be behind.`, { retryable: true }); // prettier-ignore
    return [cardOf(site, event, timeOf(event.block))];
  });
  return (await Promise.all(cards)).flat();
}

/** What the contract keeps of a card: keccak256(abi.encode(card)). */
export function cardHash(card: unknown): Hex {
  return toHex(keccak256(fromHex(AbiCoder.defaultAbiCoder().encode([CARD_TYPE], [card]))));
}

function cardOf(siteId: number, { values }: ConsortiumEvent, publishedAt: number): Card {
  const { url, certificatePin, cardKey, readerVersion, servers } = values.card as Record<string, unknown>;
  const pin = lower(certificatePin);
  return {
    siteId,
    url: String(url),
    certificatePin: pin === NO_PIN ? undefined : pin,
    cardKey: fromHex(cardKey as Hex),
    readerVersion: Number(readerVersion),
    servers: [...(servers as string[])].map(lower),
    publishedBy: lower(values.by),
    publishedAt,
  };
}
