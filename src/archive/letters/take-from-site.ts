import { hash } from 'node:crypto';
import { LedgerError } from '../../base/errors.js';
import { inTurns } from '../../base/in-turns.js';
import type { CardKeyring } from '../../keyring/card-keyring.js';
import type { Keyring } from '../../keyring/keyring.js';
import { readSeat } from '../../ledger/consortium/read-seat.js';
import { toHex } from '../../ledger/ethereum/hex.js';
import { accountsOfSignature } from '../../ledger/keys/sign-digest.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { CardKeys } from '../../secrecy/hpke.js';
import type { Envelope, Letter } from '../../secrecy/letter.js';
import { NO_RING } from '../../secrecy/ring.js';
import { takingLetter } from '../../secrecy/take-letter.js';
import type { LetterBudget } from './letter-budget.js';
import type { TakenLetter } from './letters.js';
import { type ProofDependencies, proofsOfLetter } from './proofs-of-letter.js';
import { type SharedRing, sharedRings, studyKeysOf } from './shared-rings.js';
import { disbelief, readSiteCards } from './site-cards.js';

export interface TakeDependencies extends ProofDependencies {
  ledger: ProofDependencies['ledger'] & Pick<Ledger, 'askConsortium' | 'siteId'>;
  keyring: Pick<Keyring, 'owner' | 'ringOf' | 'merge'>;
  cards: Pick<CardKeyring, 'compared' | 'held'>;
  budget: LetterBudget;
  signal: AbortSignal;
}

/** What was taken in, and what of it its site has said on the chain to share: 0 for all of the ring. Nothing where it is this site's own. */
export type TakenIn = TakenLetter & { acknowledged: bigint[] };

/** So many bodies are read to prove a ring: of the ring's own site a sample, of another's as many as it takes. */
const MOST_PROOFS = { ofItsSite: 64, ofAnother: 20_000 };

/** `Letters.take`, without the acknowledgement. What is cheap comes first, and nothing is decrypted that its sender may not send. */
export async function takeFromSite(dependencies: TakeDependencies, bytes: Buffer): Promise<TakenIn> {
  const { ledger, keyring, cards, budget } = dependencies;
  const { readEnvelope, readLetter } = await import('../../secrecy/letter.js');
  const envelope = await inWords('bad-request', () => readEnvelope(bytes));
  requireForUs(envelope, keyring.owner);
  const card = cardOf(envelope, cards);
  let shared: SharedRing[] = [];
  const isSignedBy = async (from: number, digest: Buffer, signature: Buffer): Promise<boolean> => {
    const accounts = accountsOfSignature(digest, signature);
    const seats = await ledger.askConsortium((at) => Promise.all(accounts.map((account) => readSeat(at, account))));
    if (!seats.some((seat) => seat.siteId === from && seat.role !== 'none' && seat.isAdmitted)) return false;
    budget.spend(from, bytes.length);
    await requireBelieved(dependencies, from);
    shared = await sharedRings(dependencies, envelope);
    return true;
  };
  const { chainId, consortium, siteId: to } = keyring.owner;
  const letter = await inWords('bad-request', () => readLetter(bytes, { chainId, consortium, to, card, isSignedBy }));
  return mergeInto(dependencies, letter, shared);
}

/**
 * Takes a letter in for the ring that it is of. Its number may be that of rings of several sites, of which one could have been opened to be
 * in the way: the commitment, or what is announced, tells which it is.
 */
async function mergeInto(
  dependencies: TakeDependencies,
  letter: Letter,
  shared: readonly SharedRing[],
): Promise<TakenIn> {
  const { keyring } = dependencies;
  let failure: unknown;
  for (const ring of shared) {
    const name = { siteId: ring.siteId, ringId: letter.ringId };
    try {
      requireOnRecord(letter, ring);
      const held = keyring.ringOf(name) ?? NO_RING;
      const taken = await inWords('conflict', async () =>
        inTurns(takingLetter(held, letter, await onChain(dependencies, letter, ring))),
      );
      if (taken.size === 0) throw unproven(letter);
      await keyring.merge(name, taken, { erased: ring.erased });
      const studyKeys = studyKeysOf(letter.ring);
      const isOwn = ring.siteId === keyring.owner.siteId;
      const acknowledged = ring.studyKeys || studyKeys ? (studyKeys ?? []) : [0n];
      return { from: letter.from, ring: name, studyKeys, acknowledged: isOwn ? [] : acknowledged };
    } catch (error) {
      if (!(error instanceof LedgerError) || error.retryable) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

async function onChain(dependencies: TakeDependencies, { ring, from, ringId }: Letter, shared: SharedRing) {
  const { siteId } = shared;
  const most = siteId === from ? MOST_PROOFS.ofItsSite : MOST_PROOFS.ofAnother;
  // A root is proven by the commitment.
  const bodies = ring.has('') ? [] : await proofsOfLetter(dependencies, { siteId, ringId: toHex(ringId), ring, most });
  return { ...shared, bodies };
}

function requireForUs({ chainId, consortium, from, to }: Envelope, owner: TakeDependencies['keyring']['owner']): void {
  if (chainId !== owner.chainId || !consortium.equals(owner.consortium) || to !== owner.siteId)
    throw new LedgerError(
      'bad-request',
      `This letter is for site ${to} of the consortium ${toHex(consortium)} on chain ${chainId}; this is site ${owner.siteId} of ${toHex(owner.consortium)} on chain ${owner.chainId}.`,
    );
  if (from === to)
    throw new LedgerError('bad-request', `This letter says that it is from site ${from}, which is this one.`);
}

function cardOf({ from, cardKeyHash }: Envelope, cards: Pick<CardKeyring, 'held'>): CardKeys {
  const found = cards.held().find(({ publicKey }) => hash('sha256', publicKey, 'buffer').equals(cardKeyHash));
  if (found) return found;
  throw new LedgerError(
    'gone',
    `This letter is for a card key that is not here: they live for 30 days. Site ${from} writes another, for the card that stands on the chain now.`,
  );
}

async function requireBelieved({ ledger, cards }: TakeDependencies, from: number): Promise<void> {
  const [card] = await ledger.askConsortium((at) => readSiteCards(at, from));
  const sentence = card
    ? disbelief(card, cards)
    : `Site ${from} has published no card, so nobody here can have compared it: it publishes one ("dicom-ledger card publish").`;
  if (sentence !== undefined) throw new LedgerError('forbidden', sentence);
}

/** Who can read what is on the record: a letter may not bring more. */
function requireOnRecord({ from, ring }: Letter, { studyKeys: shared }: SharedRing): void {
  if (!shared || studyKeysOf(ring)?.every((key) => shared.has(key))) return;
  throw new LedgerError('forbidden', `A letter from site ${from} has more of a ring than the chain shares with this site. Nothing was taken in.`); // prettier-ignore
}

function unproven({ from }: Letter): LedgerError {
  return new LedgerError('conflict', `Nothing of the letter from site ${from} could be proven: it is not from the ring's own site, and nothing is announced that it would open here.`); // prettier-ignore
}

/** What cannot be right of a letter is no fault of this server. */
async function inWords<T>(code: 'bad-request' | 'conflict', work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'corrupt')
      throw new LedgerError(code, error.message, { cause: error });
    throw error;
  }
}
