import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog } from '../../base/log.js';
import { until } from '../../base/testing/until.js';
import { toHex } from '../../ledger/ethereum/hex.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { OpenedRing } from '../../ledger/consortium/read-rings.js';
import { type LettersBed, openLettersBed } from '../testing/letters-bed.js';
import { deliverLetters, type LetterDelivery } from './deliver-letters.js';
import { wantedLetters } from './wanted-letters.js';

const ENDS = { timeoutMs: 180_000 };
const PIN = `0x${'5a'.repeat(32)}` as const;
const ringsOf = (ledger: Ledger): Promise<OpenedRing[]> => ledger.rings(ledger.siteId);

let bed: LettersBed;
beforeAll(async () => {
  bed = await openLettersBed(3);
});
afterAll(() => bed.close());

let delivery: LetterDelivery;
afterEach(() => delivery.close());

/** Delivers the letters of site 1 to the sites themselves, unless the way to one is closed. */
function deliver(isClosed: (url: string) => boolean = () => false): { pushed: string[] } {
  const pushed: string[] = [];
  delivery = deliverLetters({
    letters: bed.letterSites[0]!.letters,
    siteId: 1,
    log: silentLog,
    push: async (letter, { url, certificatePin }) => {
      expect(certificatePin).toBe(PIN);
      if (isClosed(url)) throw new Error(`${url} has not taken the letter: closed.`);
      await bed.letterSites[Number(url.at(-1)) - 1]!.letters.take(letter);
      pushed.push(url);
    },
  });
  return { pushed };
}
const shared = async (ringId: Buffer, siteId: number, studyKey = 0n): Promise<void> =>
  bed.letterSites[0]!.ledger.share({ ringId: toHex(ringId), siteId, studyKey, mayAdd: false });

describe('deliverLetters', () => {
  it('says what is missing, tries at once when it may be there, and keeps no site waiting for another', async () => {
    const [one, two, three] = bed.letterSites;
    const ringId = await one!.newRing();
    for (const site of [2, 3]) await shared(ringId, site);
    const { pushed } = deliver((url) => url.endsWith('2'));
    delivery.want([2, 3].map((to) => ({ to, ringId })));
    await until('both to be without a card', () => delivery.warnings().length === 2, ENDS);
    expect(delivery.warnings()[0]).toMatch(/^Site 2 waits for the keys to all of the ring [0-9a-f]{32}\. .*"dicom-ledger card publish"/); // prettier-ignore
    for (const site of [one, two, three])
      await site!.publish({ url: `https://h/${site!.siteId}`, certificatePin: PIN });
    delivery.tryAgain();
    await until('nobody to have compared', () => delivery.warnings().every((text) => text.includes('card compare')), ENDS); // prettier-ignore
    await bed.compareAll();
    delivery.tryAgain();
    await until('site 3 to have it', () => pushed.includes('https://h/3'), ENDS);
    const command = `dicom-ledger letter write --to 2 --ring ${ringId.toString('hex')}`;
    await until('site 2 to be closed', () => delivery.warnings().some((text) => text.includes(command)), ENDS);
    expect(three!.keyring.rings()).toContainEqual({ siteId: 1, ringId, isWhole: true, treeNodes: 1 });
    delivery.want([]);
    expect(delivery.warnings()).toEqual([]);
  });

  it('gives by SHARE and by persons, until it is acknowledged; and not what only the chain says', async () => {
    const [one, two] = bed.letterSites;
    const [ringId, older] = [await one!.newRing(), await one!.newRing()];
    const allowed = { allowedBy: 'Dr. Grey', allowedAt: 0, mayAdd: false };
    for (const [ring, site, study] of [
      [ringId, 2, 0n],
      [older, 2, 7n],
      [older, 2, 8n],
      [older, 3, 0n],
    ] as const)
      await shared(ring, site, study);
    const grants = ['7', '8'].map((studyKey) => ({ ...allowed, ringId: older.toString('hex'), toSite: 2, studyKey }));
    const ring = { ringId, commitment: Buffer.alloc(32), year: 2030, audience: [2] };
    const choice = { ring, awaited: [2], audience: [2], notAdmitted: [] };
    const wanted = await wantedLetters(one!.ledger, { choice, grants, rings: await ringsOf(one!.ledger) });
    expect(wanted).toEqual([{ to: 2, ringId }, { to: 2, ringId: older, studyKeys: [7n, 8n] }]); // prettier-ignore
    deliver();
    delivery.want(wanted);
    await until('both rings to be there', () => two!.keyring.rings().filter((one) => [ringId, older].some((id) => id.equals(one.ringId))).length === 2, ENDS); // prettier-ignore
    await until('the studies to be acknowledged', async () => (await wantedLetters(one!.ledger, { choice: undefined, grants, rings: await ringsOf(one!.ledger) })).length === 0, ENDS); // prettier-ignore
    expect(two!.keyring.rings()).toContainEqual(
      expect.objectContaining({ ringId: older, isWhole: false, treeNodes: 2 }),
    );
    expect(bed.letterSites[2]!.keyring.rings().map(({ ringId: id }) => toHex(id))).not.toContain(toHex(older));
  });
});
