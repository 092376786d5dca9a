import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { inflateRawSync, inflateSync } from 'node:zlib';
import { until } from '../../src/base/testing/until.js';
import { openSharingSites, type SharingSite, type SharingSites } from '../consortium/testing/sharing-sites.js';
import { writeRingLetter } from '../consortium/testing/write-ring-letter.js';
import { done } from '../testing/command-line.js';
import { type DataSet, get, metric, stow } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';

/** Fifty words of headers, each in one study and in no other text. */
const STUDIES = 10;
const KEYWORDS = ['PatientName', 'PatientID', 'StudyDescription', 'AccessionNumber', 'SeriesDescription'] as const;
const wordOf = (study: number, keyword: string): string =>
  `canary${String(study)}${KEYWORDS.indexOf(keyword as (typeof KEYWORDS)[number])}q`;
const words = Array.from({ length: STUDIES }, (_, study) => KEYWORDS.map((keyword) => wordOf(study, keyword))).flat();
const uids = Array.from({ length: STUDIES }, newUid);

let bed: SharingSites;
let storing: SharingSite;
let other: SharingSite;
beforeAll(async () => {
  bed = await openSharingSites(2);
  [storing, other] = bed.sites as [SharingSite, SharingSite];
}, 300_000);
afterAll(() => bed?.close());

function files(): Buffer[] {
  return uids.map((StudyInstanceUID, study) => {
    const given = Object.fromEntries(KEYWORDS.map((keyword) => [keyword, wordOf(study, keyword)]));
    return ctSlice({ ...given, StudyInstanceUID, PatientName: [{ Alphabetic: wordOf(study, 'PatientName') }] });
  });
}

/** What a file of a DATA_DIR has, also where it is packed. */
function textsOf(file: string): string[] {
  const bytes = readFileSync(file);
  const unpacked = [inflateSync, inflateRawSync].flatMap((inflate) => {
    try {
      return [inflate(bytes).toString('latin1')];
    } catch {
      return [];
    }
  });
  // UTF-16, as a database might have it, is latin1 with zeros between.
  const text = bytes.toString('latin1');
  return [text, text.replaceAll('\0', ''), ...unpacked];
}

/** Which of these lie in the files of a site, with the file: catalogue, its WAL, spool, cache, outbox, keys. */
function foundAt({ dataFolder }: SharingSite, sought: readonly string[]): string[] {
  return readdirSync(dataFolder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(dataFolder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    .flatMap((file) => {
      const texts = textsOf(file).map((text) => text.toLowerCase());
      return sought.filter((word) => texts.some((text) => text.includes(word))).map((word) => `${word} in ${file}`);
    });
}

async function studiesAt({ url }: SharingSite): Promise<unknown[]> {
  const answer = await get(`${url}/dicom-web/studies`);
  return answer.status === 204
    ? []
    : ((await answer.json()) as DataSet[]).map((study) => study['0020000D']?.Value?.[0]).sort();
}

describe('A site that nobody shares with', () => {
  it('has not a byte of a header in its DATA_DIR, and finds nothing', async () => {
    expect((await stow(storing.url, files())).status).toBe(200);
    expect(await studiesAt(storing)).toEqual([...uids].sort());
    // At the site itself the words are found, so that looking for them is worth something.
    expect(new Set(foundAt(storing, words).map((found) => found.split(' ')[0]))).toEqual(new Set(words));
    await until(
      'the announcements to be rows without a key there',
      async () => (await metric(other.url, 'dicom_ledger_locked_announcements')) === STUDIES,
      { timeoutMs: 180_000 },
    );
    expect(await studiesAt(other)).toEqual([]);
    expect(foundAt(other, [...words, ...uids])).toEqual([]);
  });

  it('finds all of the ring within seconds once it is shared', async () => {
    const letter = path.join(bed.folder, 'letter');
    await writeRingLetter(storing, other, letter);
    expect(foundAt(other, words)).toEqual([]);
    await done(other.run('letter', 'take', letter));
    await until('all studies there', async () => (await studiesAt(other)).length === STUDIES, { timeoutMs: 180_000 });
    expect(await studiesAt(other)).toEqual([...uids].sort());
    for (const [study, StudyInstanceUID] of uids.entries()) {
      const query = `PatientID=${wordOf(study, 'PatientID')}&StudyInstanceUID=${StudyInstanceUID}`;
      expect((await get(`${other.url}/dicom-web/studies?${query}`)).status).toBe(200);
    }
  });
});
