import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { certificatePin } from '../base/certificate-pin.js';
import { LedgerError } from '../base/errors.js';
import type { CardToPublish, KnownCard } from '../archive/letters/letters.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { asMember, type SigningHere } from './at-consortium.js';
import { callServer, problemOf } from './call-server.js';
import type { GovernorOptions } from './chain-options.js';
import { findServer, type ServerAddress } from './server-address.js';

type Shown = Omit<KnownCard, 'publishedAt'> & { publishedAt: string };
type ToPublish = Omit<CardToPublish, 'cardKey' | 'livesUntil'> & { cardKey: Hex; livesUntil: string };

export type PublishOptions = GovernorOptions & {
  server: string;
  tokenFile?: string;
  lettersUrl?: string;
  certificate?: string;
  byFile?: true;
};

/** The chain makes a card final within some blocks. */
const FINAL_MS = { each: 1_000, most: 120_000 };

export async function listCards(server: ServerAddress): Promise<void> {
  const cards = await cardsOf(server);
  for (const { siteId, siteName, publishedAt, isCompared, url } of cards)
    console.log([siteId, siteName, publishedAt, isCompared ? 'compared' : 'not compared', url || 'by file'].join('\t'));
  if (cards.length === 0) console.error('No site has published a card: "dicom-ledger card publish" does that.');
}

export async function showCard(server: ServerAddress, siteId: number): Promise<void> {
  const card = (await cardsOf(server)).find((one) => one.siteId === siteId);
  if (!card) throw new LedgerError('not-found', `Site ${siteId} has published no card.`);
  console.log(`site ${siteId}, ${card.siteName}`);
  console.log(`fingerprint: ${card.fingerprint}`);
  console.log(`published by its champion ${card.publishedBy} at ${card.publishedAt}`);
  console.log(card.url ? `letters go to ${card.url}, whose certificate has the pin ${card.certificatePin}` : 'letters go as files'); // prettier-ignore
  console.log(card.hindrance ?? 'compared; letters can be written for it');
}

export async function compareCard(server: ServerAddress, siteId: number, fingerprint: string): Promise<void> {
  const response = await postComparison(server, siteId, fingerprint);
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
  console.log(`The card of site ${siteId} is compared. Later ones of the same champion are believed.`);
}

/** Publishes what the server has made, and has it remember that this champion's cards are its own. */
export async function publishCard({
  server: url,
  tokenFile,
  lettersUrl,
  certificate,
  byFile,
  ...options
}: PublishOptions): Promise<void> {
  const server = await findServer(url, tokenFile);
  await asMember(options, async (here) => {
    const response = await callServer(server, '/ledger/card', { method: 'POST' });
    if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
    const made = (await response.json()) as ToPublish;
    const pin = certificate === undefined ? made.certificatePin : await pinOfFile(certificate);
    const address = byFile ? '' : (lettersUrl ?? made.url ?? '');
    if (address !== '' && pin === undefined)
      throw new LedgerError('bad-request', `Which certificate does ${address} show? Give its PEM as --certificate, or --by-file for a card without a URL.`); // prettier-ignore
    const { siteId, cardKey, readerVersion, servers } = made;
    await here.as.publishCard({ url: address, certificatePin: address === '' ? undefined : pin, cardKey, readerVersion, servers }); // prettier-ignore
    const fingerprint = await fingerprintOf(here, siteId, cardKey);
    console.log(`The card of site ${siteId} is published, until ${made.livesUntil}; letters come ${address === '' ? 'as files' : `to ${address}`}.`); // prettier-ignore
    console.log(`Its fingerprint, which others compare by telephone: ${fingerprint}`);
    await compareOwn(server, siteId, fingerprint);
  });
}

async function fingerprintOf({ rpc, consortium, as }: SigningHere, siteId: number, cardKey: Hex): Promise<string> {
  const { cardFingerprint } = await import('../secrecy/card-fingerprint.js');
  const bytesOf = (hex: Hex): Buffer => Buffer.from(hex.slice(2), 'hex');
  return cardFingerprint({
    ...{ chainId: await rpc.chainId(), consortium: bytesOf(consortium), siteId },
    ...{ publishedBy: bytesOf(as.account), cardKey: bytesOf(cardKey) },
  });
}

/** Who looks at the own card there sees then whether it is one that was published here. */
async function compareOwn(server: ServerAddress, siteId: number, fingerprint: string): Promise<void> {
  for (const until = Date.now() + FINAL_MS.most; ; await delay(FINAL_MS.each)) {
    const response = await postComparison(server, siteId, fingerprint);
    if (response.ok) return;
    const problem = await problemOf(response);
    if (Date.now() < until) continue;
    console.error(`The server does not know it as this site's own yet (${problem}). Once it is final: dicom-ledger card compare ${siteId} ${fingerprint}`); // prettier-ignore
    return;
  }
}

function postComparison(server: ServerAddress, siteId: number, fingerprint: string) {
  const query = new URLSearchParams({ fingerprint });
  return callServer(server, `/ledger/cards/${siteId}/comparison?${query.toString()}`, { method: 'POST' });
}

async function cardsOf(server: ServerAddress): Promise<Shown[]> {
  const response = await callServer(server, '/ledger/cards');
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
  return (await response.json()) as Shown[];
}

async function pinOfFile(file: string): Promise<Hex> {
  try {
    return certificatePin(new X509Certificate(await readFile(file)));
  } catch (cause) {
    throw new LedgerError('bad-request', `The certificate ${file} cannot be read.`, { cause });
  }
}
