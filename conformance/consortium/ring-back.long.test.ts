import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { done } from '../testing/command-line.js';
import { openSharingSites, type SharingSite, type SharingSites } from './testing/sharing-sites.js';

const LIMIT = { timeoutMs: 180_000 };
const ENCRYPTED = 'application/dicom+json';

let bed: SharingSites;
let one: SharingSite;
let two: SharingSite;
const studies = [newUid(), newUid()];
const at = (name: string): string => path.join(bed.folder, name);

beforeAll(async () => {
  bed = await openSharingSites(2);
  [one, two] = bed.sites as [SharingSite, SharingSite];
  for (const StudyInstanceUID of studies) {
    const body = ctSlice({ StudyInstanceUID, PatientID: 'P-1' });
    const headers = { 'Content-Type': 'application/dicom', Accept: ENCRYPTED };
    const stored = await fetch(`${one.url}/dicom-web/studies`, { method: 'POST', headers, body });
    expect(stored.status).toBe(200);
  }
  for (const site of [one, two]) await done(site.publishCard('--by-file'));
  await compare(one, two);
  await compare(two, one);
});
afterAll(() => bed.close());

/** The first site compares the card of the other. */
async function compare(site: SharingSite, other: SharingSite): Promise<void> {
  const shown = await done(other.run('card', 'show', String(other.siteId)));
  await done(site.run('card', 'compare', String(other.siteId), /^fingerprint: (.+)$/m.exec(shown)![1]!));
}

async function foundAt({ url }: SharingSite): Promise<string[]> {
  const answer = await fetch(`${url}/dicom-web/studies`);
  if (answer.status === 204) return [];
  return ((await answer.json()) as Record<string, { Value: string[] }>[]).map((study) => study['0020000D']!.Value[0]!);
}

/** The study key that the server has given to a study. */
async function studyKeyOf(StudyInstanceUID: string): Promise<bigint> {
  const { openNumbers, numbersFile } = await import('../../src/keyring/open-numbers.js');
  const numbers = openNumbers(numbersFile(path.join(one.dataFolder, 'keys')));
  const { studyKey } = await numbers.numbersOf({ StudyInstanceUID, IssuerOfPatientID: 'SITE-1', PatientID: 'P-1' });
  await numbers.close();
  return studyKey;
}

const ringOf = ({ dataFolder }: SharingSite): string =>
  (JSON.parse(readFileSync(path.join(dataFolder, 'keys', 'writing.json'), 'utf8')) as { writing: { ringId: string } })
    .writing.ringId;

describe('A site that has lost its DATA_DIR', () => {
  it('gets a study back from a site that it was shared with, proven by what is announced, and the other by nobody', async () => {
    const ring = ringOf(one);
    await one.server.stop();
    const studyKey = await studyKeyOf(studies[0]!);
    await one.start();
    await one.call('share', `0x${ring}`, 2, studyKey, false);
    await done(one.run('letter', 'write', '--to', '2', at('grant')));
    await done(two.run('letter', 'take', at('grant')));
    await until('site 2 to find that study alone', async () => (await foundAt(two)).length === 1, LIMIT);
    expect(await foundAt(two)).toEqual([studies[0]]);

    await one.server.stop();
    rmSync(one.dataFolder, { recursive: true });
    await one.start();
    expect(await foundAt(one)).toEqual([]);
    await done(one.publishCard('--by-file'));
    await compare(one, two);
    await done(two.run('letter', 'write', '--to', '1', '--of-site', '1', '--ring', ring, at('back')));
    expect(await done(one.run('letter', 'take', at('back')))).toMatch(
      `Site 2 has given 1 study of the ring ${ring} of site 1.`,
    );
    await until('site 1 to find its study again', async () => (await foundAt(one)).length === 1, LIMIT);
    expect(await foundAt(one)).toEqual([studies[0]]);
  });
});
