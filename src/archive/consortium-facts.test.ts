import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../base/testing/until.js';
import { issuerHashOf } from '../ledger/consortium/read-rulings.js';
import { toHex, type Hex } from '../ledger/ethereum/hex.js';
import type { Ledger } from '../ledger/ledger.js';
import { openSitesBed, type SitesBed } from '../ledger/testing/sites-bed.js';
import type { StudyNodes } from './secrecy/body-secrets.js';
import { type EncryptedSite, type MadeRing, openEncryptedSite, openMadeRing } from './testing/encrypted-site.js';
import { partOf, slice } from './testing/parts.js';

/** What all of these sites' headers say of who gives their patient IDs. */
const ISSUER = 'north';
/** Both of the study of all `slice`s, and of its patient. */
const FIRST = '1.2.826.0.1.1';
const SECOND = '1.2.826.0.1.2';
const STUDY = { StudyInstanceUID: '1.2.3.5' };
/** Whatever the machine is busy with. */
const PATIENTLY = { timeoutMs: 180_000 };

let folder: string;
let bed: SitesBed;
let ledgers: [Ledger, Ledger, Ledger];
let firstRing: MadeRing;
let second: EncryptedSite;
/** Site 3: it holds all keys, shows site 1 first, and lets site 2 add. */
let observer: EncryptedSite;
const sites: EncryptedSite[] = [];

const newSite = async (...[options]: [Parameters<typeof openEncryptedSite>[1]]): Promise<EncryptedSite> => {
  const site = await openEncryptedSite(await mkdtemp(path.join(folder, 'site-')), options);
  sites.push(site);
  return site;
};
const store = async ({ archive }: EncryptedSite, SOPInstanceUID: string): Promise<void> => {
  const file = slice({ SOPInstanceUID, SeriesInstanceUID: `${SOPInstanceUID}.9` });
  expect(await (await archive.receive(partOf(file))).outcome).toMatchObject({ kind: 'stored' });
};
const openObserver = (nodes: StudyNodes): Promise<EncryptedSite> =>
  newSite({ ledger: ledgers[2], nodes, rules: { siteOrder: [1], additions: [2] } });
let nodes: StudyNodes;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-facts-'));
  bed = await openSitesBed(3);
  ledgers = [await bed.open(1), await bed.open(2), await bed.open(3)];
  firstRing = await openMadeRing(ledgers[0]);
  const secondRing = await openMadeRing(ledgers[1]);
  nodes = {
    studyNode: (...of) => firstRing.nodes.studyNode(...of) ?? secondRing.nodes.studyNode(...of),
  };
  const first = await newSite({ ledger: ledgers[0], ring: firstRing, nodes });
  second = await newSite({ ledger: ledgers[1], ring: secondRing, nodes });
  observer = await openObserver(nodes);
  await store(first, FIRST);
  await store(second, SECOND);
});
afterAll(async () => {
  for (const site of sites) await site.close();
  await bed.close();
  await rm(folder, { recursive: true });
});

/** How what site 2 has announced stands in a catalogue. */
const standing = ({ catalog }: EncryptedSite, imageId: string): string =>
  catalog.projection.holder(imageId)?.hidden ?? 'in answers';
const shown = async ({ catalog }: EncryptedSite): Promise<string[]> =>
  (await catalog.seenBy('everything').instances(STUDY)).map(({ SOPInstanceUID }) => SOPInstanceUID);
const imageOfSecond = async (): Promise<Hex> => {
  await second.caughtUp();
  return second.catalog.projection.own(SECOND)!.imageId as Hex;
};
/** Site 1 says what site 2 may do with the study of both. */
const share = async (mayAdd: boolean): Promise<void> => {
  const { studyKey } = await firstRing.numbers.numbersOf({ ...STUDY, IssuerOfPatientID: ISSUER, PatientID: 'P-1' });
  await ledgers[0].share({ ringId: toHex(firstRing.ringId), siteId: 2, studyKey, mayAdd });
};
const untilStanding = (imageId: string, wanted: string): Promise<unknown> =>
  until(`image of site 2 to be ${wanted}`, () => standing(observer, imageId) === wanted, PATIENTLY);

describe('What the consortium says on the chain', () => {
  it('of issuers and shared studies keeps what others announce out, and lets it in', async () => {
    const imageId = await imageOfSecond();
    await untilStanding(imageId, 'in answers');
    await bed.decide('assignIssuer', issuerHashOf(ISSUER), 1);
    await untilStanding(imageId, 'foreign-issuer');
    expect(await observer.catalog.quarantined({ limit: 9 })).toMatchObject([
      { imageId, siteId: 2, reason: 'foreign-issuer', SOPInstanceUID: SECOND },
    ]);
    await second.caughtUp();
    expect(standing(second, imageId)).toBe('in answers');
    await bed.decide('assignIssuer', issuerHashOf(ISSUER), 0);
    await untilStanding(imageId, 'in answers');
    await bed.decide('assignIssuer', issuerHashOf(ISSUER), 1);
    await untilStanding(imageId, 'foreign-issuer');
    await share(false);
    await untilStanding(imageId, 'in answers');
  });

  it('of additions shows them in the study, and takes them out', async () => {
    await until('the study of site 1', async () => (await shown(observer)).length > 0, PATIENTLY);
    expect(await shown(observer)).toEqual([FIRST]);
    await share(true);
    await until('the addition', async () => (await shown(observer)).length === 2, PATIENTLY);
    expect(await shown(observer)).toEqual([FIRST, SECOND]);
    await share(false);
    await until('the addition to be gone', async () => (await shown(observer)).length === 1, PATIENTLY);
    // Where rules do not name the site, its own word is not enough.
    await share(true);
    const plain = await newSite({ ledger: ledgers[2], nodes, rules: { siteOrder: [1] } });
    await plain.caughtUp();
    expect(await shown(plain)).toEqual([FIRST]);
  });

  it('of dismissed sites hides what they announced, until they are readmitted', async () => {
    const imageId = await imageOfSecond();
    const { announcedAt } = (await observer.catalog.seenBy('everything', 2).instance(SECOND))!;
    await bed.decide('dismissSite', 2, announcedAt);
    await untilStanding(imageId, 'dismissed');
    expect(await shown(observer)).toEqual([FIRST]);
    await bed.decide('readmitSite', 2);
    await untilStanding(imageId, 'in answers');
    await bed.decide('dismissSite', 2, announcedAt + 1);
    const rebuilt = await openObserver(nodes);
    await rebuilt.caughtUp();
    expect(standing(rebuilt, imageId)).toBe('in answers');
    expect(await shown(rebuilt)).toEqual([FIRST, SECOND]);
  });
});
