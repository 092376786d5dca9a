import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import { until } from '../../base/testing/until.js';
import { CARD_KEY_MS } from '../../keyring/card-keyring.js';
import { createConsortiumAccount } from '../../ledger/consortium/consortium-account.js';
import { toHex } from '../../ledger/ethereum/hex.js';
import { signDigest } from '../../ledger/keys/sign-digest.js';
import { newKeptAccount } from '../../ledger/testing/consortium-bed.js';
import { writeLetter } from '../../secrecy/letter.js';
import { grant, puncture, type Ring, wholeRing } from '../../secrecy/ring.js';
import { pathOf } from '../../secrecy/tree.js';
import { type LettersBed, type LetterSite, openLettersBed } from '../testing/letters-bed.js';

let bed: LettersBed;
let one: LetterSite;
let two: LetterSite;
let three: LetterSite;

beforeAll(async () => {
  bed = await openLettersBed(3);
  [one, two, three] = bed.letterSites as [LetterSite, LetterSite, LetterSite];
  for (const site of bed.letterSites) await site.publish();
  await bed.compareAll();
}, 180_000);
afterAll(() => bed.close());
beforeEach(() => {
  bed.now = Date.now();
});

const share = (from: LetterSite, ringId: Buffer, to: number, studyKey = 0n): Promise<void> =>
  from.ledger.share({ ringId: toHex(ringId), siteId: to, studyKey, mayAdd: false });

/** The code and the sentence of a refusal. */
async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof LedgerError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

/** A letter as somebody would write it who does not ask whether it may be. */
async function forged(
  { from = one, to = two, ringId, ring, key }: { from?: LetterSite; to?: LetterSite; ringId: Buffer; ring: Ring; key?: Buffer }, // prettier-ignore
): Promise<Buffer> {
  const { chainId, consortium } = from.keyring.owner;
  const card = to.cards.held().at(-1)!;
  const sign = (digest: Buffer): Buffer => (key ? signDigest(digest, key) : from.ledger.sign(digest));
  const letter = { chainId, consortium, from: from.siteId, to: to.siteId, ringId, ring };
  return writeLetter(letter, { cardKey: card.publicKey, sign });
}

describe('Letters', () => {
  it('bring a ring that is shared, which is acknowledged; again, they bring nothing new', async () => {
    const ringId = await one.newRing();
    await share(one, ringId, 2);
    const ring = { siteId: 1, ringId };
    const letter = await one.letters.write({ to: 2, ring });
    for (let times = 0; times < 2; times++)
      expect(await two.letters.take(letter)).toEqual({ from: 1, ring, studyKeys: undefined });
    expect(two.keyring.ringOf(ring)).toEqual(one.keyring.ringOf(ring));
    const acknowledged = await until('the acknowledgement', async () => {
      const found = (await one.ledger.rings(1)).find((known) => known.ringId === toHex(ringId));
      return found?.shares[0]?.acknowledgedAt;
    });
    expect(acknowledged).toBeGreaterThan(0);
  });

  it('bring one study where only that is shared, and refuse to write more', async () => {
    const ringId = await one.newRing();
    const ring = { siteId: 1, ringId };
    await share(one, ringId, 2, 7n);
    const refusal = await refusalOf(one.letters.write({ to: 2, ring, studyKeys: [7n, 8n] }));
    expect(refusal).toMatch(/^forbidden: .*study of number 8/);
    const letter = await one.letters.write({ to: 2, ring });
    expect(await two.letters.take(letter)).toEqual({ from: 1, ring, studyKeys: [7n] });
    expect([...two.keyring.ringOf(ring)!.keys()]).toEqual([pathOf(7n)]);
    const more = await forged({ ringId, ring: one.keyring.ringOf(ring)! });
    expect(await refusalOf(two.letters.take(more))).toMatch(/^forbidden: .*more of a ring than the chain shares/);
    const other = await forged({ ringId, ring: grant(one.keyring.ringOf(ring)!, pathOf(9n)) });
    expect(await refusalOf(two.letters.take(other))).toMatch(/^forbidden: .*more of a ring/);
    expect(two.keyring.studyNode(ring, 9n)).toBeUndefined();
  });

  it('are neither written nor taken for a ring that is not shared', async () => {
    const ringId = await one.newRing();
    const ring = { siteId: 1, ringId };
    expect(await refusalOf(one.letters.write({ to: 2, ring }))).toMatch(/^forbidden: The chain does not share/);
    const letter = await forged({ ringId, ring: one.keyring.ringOf(ring)! });
    expect(await refusalOf(two.letters.take(letter))).toMatch(/^forbidden: The chain does not share/);
    await share(one, ringId, 3);
    expect(await refusalOf(two.letters.take(letter))).toMatch(/^forbidden: The chain does not share/);
    expect(two.keyring.ringOf(ring)).toBeUndefined();
  });

  it('give a site its own ring back, from one that it is shared with', async () => {
    const ringId = await one.newRing();
    const ring = { siteId: 1, ringId };
    await share(one, ringId, 2);
    await two.letters.take(await one.letters.write({ to: 2, ring }));
    const back = await two.letters.write({ to: 1, ring });
    expect(await one.letters.take(back)).toEqual({ from: 2, ring, studyKeys: undefined });
    expect(await refusalOf(two.letters.write({ to: 3, ring }))).toMatch(/^forbidden: /);
    expect(await refusalOf(three.letters.write({ to: 1, ring }))).toMatch(/^not-found: Nothing of that is held/);
  });

  it('are refused when they were changed, wherever that is', async () => {
    const ringId = await one.newRing();
    await share(one, ringId, 2);
    const letter = await one.letters.write({ to: 2, ring: { siteId: 1, ringId } });
    for (let at = 0; at < letter.length; at += 37) {
      const changed = Buffer.from(letter);
      changed[at]! ^= 1 << (at % 8);
      expect(await refusalOf(two.letters.take(changed))).toMatch(/^(bad-request|forbidden|gone): /);
    }
    for (const length of [0, 4, 100, 1_272, letter.length - 1])
      expect(await refusalOf(two.letters.take(letter.subarray(0, length)))).toMatch(/^(bad-request|forbidden): /);
    expect(two.keyring.ringOf({ siteId: 1, ringId })).toBeUndefined();
  });

  it('are refused by another site than the one that they are for, and by one of another consortium', async () => {
    const ringId = await one.newRing();
    await share(one, ringId, 2);
    const letter = await one.letters.write({ to: 2, ring: { siteId: 1, ringId } });
    expect(await refusalOf(three.letters.take(letter))).toMatch(/^bad-request: This letter is for site 2/);
    const elsewhere = Buffer.from(letter);
    elsewhere[20]! ^= 1;
    expect(await refusalOf(two.letters.take(elsewhere))).toMatch(/^bad-request: This letter is for site 2 of the/);
  });

  it('are refused when no account of their site has signed them', async () => {
    const ringId = await one.newRing();
    await share(one, ringId, 2);
    const ring = one.keyring.ringOf({ siteId: 1, ringId })!;
    for (const key of [randomBytes(32), bed.governor.key, bed.sites[2]!.writer.key])
      expect(await refusalOf(two.letters.take(await forged({ ringId, ring, key })))).toMatch(
        /^forbidden: .*signed by no account/,
      );
    expect(await two.letters.take(await forged({ ringId, ring, key: bed.sites[0]!.champion.key }))).toMatchObject({
      from: 1,
    });
  });

  it('are refused when they contradict the chain or what is held, and take nothing in', async () => {
    const ringId = await one.newRing();
    const ring = { siteId: 1, ringId };
    await share(one, ringId, 2);
    const wrong = await forged({ ringId, ring: wholeRing(randomBytes(32)) });
    expect(await refusalOf(two.letters.take(wrong))).toMatch(/^conflict: .*commitment on the chain/);
    expect(two.keyring.ringOf(ring)).toBeUndefined();
    // Its own site may say wrong what nothing is announced under; the right ring cannot be taken then, and says why.
    await two.letters.take(await forged({ ringId, ring: grant(wholeRing(randomBytes(32)), pathOf(1n)) }));
    expect(await refusalOf(two.letters.take(await one.letters.write({ to: 2, ring })))).toMatch(
      /^conflict: Two rings have different keys/,
    );
  });

  it('take nothing of a punctured ring from another than its own site that nothing proves', async () => {
    const ringId = await one.newRing();
    const ring = { siteId: 1, ringId };
    await share(one, ringId, 2);
    await share(one, ringId, 3);
    const part = puncture(one.keyring.ringOf(ring)!, [pathOf(5n)]);
    const letter = await forged({ from: three, ringId, ring: part });
    expect(await refusalOf(two.letters.take(letter))).toMatch(
      /^conflict: Nothing of the letter from site 3 could be proven/,
    );
    expect(await two.letters.take(await forged({ ringId, ring: part }))).toMatchObject({ from: 1 });
  });

  it('are for the right ring where a site has opened one of the same number, to be in the way', async () => {
    const ringId = await one.newRing();
    const ring = { siteId: 1, ringId };
    await three.ledger.openRing(toHex(ringId), toHex(randomBytes(32)));
    for (const [from, to] of [[one, 2], [three, 2], [three, 1]] as const) await share(from, ringId, to); // prettier-ignore
    expect(await two.letters.take(await one.letters.write({ to: 2, ring }))).toMatchObject({ ring });
    const back = await one.letters.take(await two.letters.write({ to: 1, ring }));
    expect(back).toMatchObject({ from: 2, ring });
  });

  it('count for nobody when nobody has signed them, however large they are', async () => {
    const ringId = await one.newRing();
    await share(one, ringId, 2);
    const letter = await one.letters.write({ to: 2, ring: { siteId: 1, ringId } });
    const large = Buffer.concat([letter, Buffer.alloc(60 * 1024 * 1024)]);
    for (let times = 0; times < 3; times++)
      expect(await refusalOf(two.letters.take(large))).toMatch(/^forbidden: .*signed/);
    expect(await two.letters.take(letter)).toMatchObject({ from: 1 });
  });

  it('can be taken again when the server was stopped while it took one in', async () => {
    const ringId = await one.newRing();
    const ring = { siteId: 1, ringId };
    await share(one, ringId, 2);
    const letter = await one.letters.write({ to: 2, ring });
    const merge = (): Promise<never> => Promise.reject(new Error('killed'));
    const killed = await two.reopen({ keyring: { ...two.keyring, owner: two.keyring.owner, merge } });
    await expect(killed.take(letter)).rejects.toThrow('killed');
    expect(two.keyring.ringOf(ring)).toBeUndefined();
    const again = await two.reopen();
    expect(await again.take(letter)).toMatchObject({ from: 1, ring });
  });
});

describe('Cards', () => {
  it('are the same until they are on the chain, and others from then on', async () => {
    const [first, again] = [await three.letters.newCard(), await three.letters.newCard()];
    expect(again.cardKey.equals(first.cardKey)).toBe(true);
    expect(first).toMatchObject({ siteId: 3, readerVersion: 2, servers: [three.ledger.account], url: undefined });
    expect(first.livesUntil).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    await three.publish();
    const next = await three.letters.newCard();
    expect(next.cardKey.equals(first.cardKey)).toBe(false);
    expect(three.cards.held().map(({ publicKey }) => publicKey)).toEqual([first.cardKey, next.cardKey]);
  });

  it('of the champion that was compared are believed when they are new, and letters for the one before are read', async () => {
    const ringId = await one.newRing();
    const ring = { siteId: 1, ringId };
    await share(one, ringId, 3);
    const before = await one.letters.write({ to: 3, ring });
    await three.publish();
    expect(await three.letters.take(before)).toMatchObject({ from: 1 });
    expect(await three.letters.take(await one.letters.write({ to: 3, ring }))).toMatchObject({ from: 1 });
    await three.publish();
    expect(await refusalOf(three.letters.take(before))).toMatch(/^gone: .*card key that is not here/);
  });

  it('older than 30 days get no letters, and theirs are not read', async () => {
    const ringId = await one.newRing();
    const ring = { siteId: 1, ringId };
    await share(one, ringId, 2);
    const letter = await one.letters.write({ to: 2, ring });
    expect(await two.letters.warnings()).toEqual([]);
    bed.now = Date.now() + CARD_KEY_MS - 2 * 86_400_000;
    expect(await two.letters.warnings()).toEqual([expect.stringMatching(/ends in [12] days/)]);
    bed.now = Date.now() + CARD_KEY_MS + 60_000;
    expect(await refusalOf(one.letters.write({ to: 2, ring }))).toMatch(/^conflict: .*older than 30 days/);
    expect(await refusalOf(two.letters.take(letter))).toMatch(/^gone: /);
    expect(await two.letters.warnings()).toEqual([expect.stringMatching(/is for a key that is not here any more/)]);
  });

  it('of a champion that nobody has compared are not believed: no letter is written or taken', async () => {
    const other = newKeptAccount();
    const as = (key: Buffer) => createConsortiumAccount({ rpc: bed.rpc }, { consortium: bed.consortium, key });
    await as(bed.sites[1]!.champion.key).nameAccount(other.account, 'champion');
    await as(other.key).join(2);
    const ringId = await one.newRing();
    const ring = { siteId: 1, ringId };
    await share(one, ringId, 2);
    const back = await two.newRing();
    await share(two, back, 1);
    const compared = (await one.letters.cards()).find(({ siteId }) => siteId === 2)!;
    // The very key once more, by the other: the fingerprint has the champion in it.
    const cardKey = toHex(two.cards.held()[0]!.publicKey);
    await two.publish({ cardKey }, other.key);
    expect(await refusalOf(one.letters.write({ to: 2, ring }))).toMatch(/^forbidden: Nobody here has compared/);
    const letter = await forged({
      from: two,
      to: one,
      ringId: back,
      ring: two.keyring.ringOf({ siteId: 2, ringId: back })!,
    });
    expect(await refusalOf(one.letters.take(letter))).toMatch(/^forbidden: Nobody here has compared/);
    const shown = (await one.letters.cards()).find(({ siteId }) => siteId === 2)!;
    expect(shown).toMatchObject({ isCompared: false, publishedBy: other.account, hindrance: expect.stringContaining('card compare 2') as unknown }); // prettier-ignore
    expect(shown.fingerprint).not.toBe(compared.fingerprint);
    expect(await refusalOf(one.letters.compare(2, compared.fingerprint))).toMatch(
      /^conflict: That is not the fingerprint/,
    );
    await one.letters.compare(2, shown.fingerprint);
    expect(await one.letters.take(letter)).toMatchObject({ from: 2 });
    await as(other.key).leave();
    expect(await refusalOf(one.letters.write({ to: 2, ring }))).toMatch(/^forbidden: .*no champion of it any more/);
    await two.publish();
    await one.letters.write({ to: 2, ring });
  });

  it('of a dismissed site get no letters, and its letters are not taken', async () => {
    const ringId = await three.newRing();
    const ring = { siteId: 3, ringId };
    await share(three, ringId, 2);
    const letter = await three.letters.write({ to: 2, ring });
    await bed.decide('dismissSite', 3, 0);
    expect(await refusalOf(two.letters.take(letter))).toMatch(/^forbidden: .*signed by no account/);
    expect(await refusalOf(one.letters.write({ to: 3, ring: { siteId: 1, ringId: await one.newRing() } }))).toMatch(/^forbidden: Site 3 is dismissed/); // prettier-ignore
    await bed.decide('readmitSite', 3);
    expect(await two.letters.take(letter)).toMatchObject({ from: 3 });
  });

  it('have to be published before they can be compared', async () => {
    expect(await refusalOf(one.letters.compare(9, '0'))).toMatch(/^not-found: Site 9 has no card/);
    expect(await refusalOf(one.letters.write({ to: 1, ring: { siteId: 1, ringId: await one.newRing() } }))).toMatch(/^bad-request: Site 1 is this one/); // prettier-ignore
  });
});
