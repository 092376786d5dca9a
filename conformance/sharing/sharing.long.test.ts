// About 90 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { runCommand } from '../testing/command-line.js';
import { get, stow } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { openSharingBed, type SharingBed, type SharingSite } from './testing/sharing-bed.js';

const ENDS = { timeoutMs: 180_000, pauseMs: 200 };

let bed: SharingBed;
let one: SharingSite;
let two: SharingSite;
let three: SharingSite;
beforeAll(async () => {
  bed = await openSharingBed(3);
  [one, two, three] = bed.servers as [SharingSite, SharingSite, SharingSite];
}, 300_000);
afterAll(() => bed?.close(), 60_000);

/** Stores a study of one image at site 1. */
async function store(): Promise<string> {
  const [StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID] = [newUid(), newUid(), newUid()];
  const file = ctSlice({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, PatientID: 'P-1', PatientName: 'Shared^One' }); // prettier-ignore
  expect((await stow(one.url, [file])).status).toBe(200);
  return StudyInstanceUID;
}
const studiesAt = async ({ url }: SharingSite): Promise<string[]> => {
  const response = await get(`${url}/sites/1/dicom-web/studies`, 'application/dicom+json');
  const found = response.status === 204 ? [] : ((await response.json()) as Record<string, { Value: string[] }>[]);
  return found.map((study) => study['0020000D']!.Value[0]!);
};
const untilAt = (site: SharingSite, study: string): Promise<unknown> =>
  until(`${study} to be found at site ${site.siteId}`, async () => (await studiesAt(site)).includes(study), ENDS);
/** Site 1 writes for these, who have all acknowledged. */
const untilWrittenFor = (sites: number[]): Promise<unknown> =>
  until(
    `site 1 to write for ${sites.join(', ')}`,
    async () => {
      const { own, share } = await one.sharing();
      const readers = own.find(({ isWrittenTo }) => isWrittenTo)?.readers ?? [];
      const isFor = JSON.stringify(readers.map(({ siteId }) => siteId).sort()) === JSON.stringify(sites);
      return isFor && share?.awaited.length === 0 && readers.every((reader) => reader.acknowledgedAt !== undefined);
    },
    ENDS,
  );
const untilWarned = (site: SharingSite, words: string | RegExp): Promise<string> =>
  until(`a warning of ${String(words)}`, async () => (await site.warnings()).find((text) => text.match(words)), ENDS);

describe('Sites that share', () => {
  let before: string;
  let during: string;

  it('say what is missing, and go on for this site alone, until the cards were published and compared', async () => {
    before = await store();
    await one.server.stop();
    await one.start({ SHARE: '2' });
    await untilWarned(one, /Site 2 has no card/);
    await Promise.all([one.publish(), two.publish(), three.publish({ byFile: true })]);
    await untilWarned(one, /dicom-ledger card compare 2 /);
    during = await store();
    expect(await one.sharing()).toMatchObject({ share: { audience: [2], awaited: [2], notAdmitted: [] } });
  });

  it('push the keys, acknowledge them, and find within seconds what is stored then', async () => {
    await two.compare(1);
    await one.compare(2);
    await untilWrittenFor([2]);
    const after = await store();
    await untilAt(two, after);
    // What was stored for site 1 alone stays so.
    expect(await studiesAt(two)).toEqual([after]);
    expect(await studiesAt(three)).toEqual([]);
    expect(await one.warnings()).not.toContainEqual(expect.stringContaining('waits for the keys'));
    const { others } = await two.sharing();
    expect(others).toMatchObject([{ siteId: 1, held: 'all', readers: [{ siteId: 2 }] }]);
  });

  it('get one study of before by a command, with who has allowed it', async () => {
    const given = await runCommand(['share', 'study', before, '--to', '2', '--may-add', '--url', one.url]);
    expect(given).toMatchObject({ code: 0, stderr: '' });
    await untilAt(two, before);
    expect(await studiesAt(two)).not.toContain(during);
    const list = await runCommand(['share', 'list', '--study', before, '--url', one.url]);
    expect(list.stdout).toMatch(new RegExp(`site 2\tstudy ${before}, may add\t.*\tby .*0x[0-9a-f]{40}\tacknowledged `));
    const none = await runCommand(['share', 'study', '1.2.3.999', '--to', '2', '--url', one.url]);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('no images of the study 1.2.3.999') });
    const written = (await one.sharing()).own.find(({ isWrittenTo }) => isWrittenTo)!;
    const refused = await runCommand(['share', 'ring', written.ringId, '--to', '3', '--url', one.url]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('SHARE') });
    // The ring that was written to meanwhile is an older one.
    const older = (await one.sharing()).own.find(({ isWrittenTo, readers }) => !isWrittenTo && readers.length > 0)!;
    expect(await runCommand(['share', 'ring', older.ringId, '--to', '2', '--url', one.url])).toMatchObject({ code: 0 });
    await untilAt(two, during);
  });

  it('take a letter as a file where there is no URL, and what is stored is for them from then on', async () => {
    await three.compare(1);
    await one.compare(3);
    await one.server.stop();
    await one.start({ SHARE: '2,3' });
    const warning = await untilWarned(one, /letter write --to 3 --ring ([0-9a-f]{32})/);
    const [, ring] = /--ring ([0-9a-f]{32})/.exec(warning)!;
    const narrow = await store();
    await untilAt(two, narrow);
    const letter = path.join(one.folder, 'letter');
    const token = { url: one.url };
    expect(await runCommand(['letter', 'write', letter, '--to', '3', '--ring', ring!, '--url', token.url])).toMatchObject({ code: 0 }); // prettier-ignore
    const brought = path.join(three.folder, 'letter');
    writeFileSync(brought, readFileSync(letter), { mode: 0o600 });
    expect(await runCommand(['letter', 'take', brought, '--url', three.url])).toMatchObject({ code: 0 });
    await untilWrittenFor([2, 3]);
    const wide = await store();
    await Promise.all([untilAt(two, wide), untilAt(three, wide)]);
    expect(await studiesAt(three)).toEqual([wide]);
  });

  it('get nothing more once they are taken out, also while another cannot be reached', async () => {
    two.isReachable = false;
    await one.server.stop();
    await one.start({ SHARE: '' });
    await untilWrittenFor([]);
    const alone = await store();
    await one.server.stop();
    await one.start({ SHARE: '2' });
    // Site 2 has the ring of before, which was for it alone.
    await untilWrittenFor([2]);
    const again = await store();
    await untilAt(two, again);
    expect(await studiesAt(three)).not.toContain(again);
    expect(await studiesAt(two)).not.toContain(alone);
  });

  it('wait for a site that cannot be reached, and push to it again when it can', async () => {
    const ring = (await one.sharing()).own.find(({ readers }) => readers.length === 0)!;
    expect(await runCommand(['share', 'ring', ring.ringId, '--to', '2', '--url', one.url])).toMatchObject({ code: 0 });
    await untilWarned(one, /has not taken the letter/);
    two.isReachable = true;
    await until(
      'the ring to be acknowledged',
      async () => (await one.sharing()).own.find(({ ringId }) => ringId === ring.ringId)?.readers[0]?.acknowledgedAt,
      ENDS,
    );
  });

  it('give a site its rings back that has lost its keys and its catalogue, which says so until then', async () => {
    const own = await studiesAt(one);
    const readable = await studiesAt(two);
    await one.server.stop();
    for (const name of ['keys', 'catalog.sqlite', 'catalog.sqlite-wal', 'catalog.sqlite-shm'])
      rmSync(path.join(one.folder, name), { recursive: true, force: true });
    await one.start();
    await untilWarned(one, /bring them back with "dicom-ledger keys restore --merge"/);
    expect(await studiesAt(one)).toEqual([]);
    await one.publish();
    await one.compare(2);
    for (const { ringId, readers } of (await two.sharing()).others.filter(({ siteId }) => siteId === 1)) {
      if (!readers.some(({ StudyInstanceUID }) => StudyInstanceUID === undefined)) continue;
      const letter = path.join(two.folder, `back-${ringId}`);
      const args = ['--to', '1', '--of-site', '1', '--ring', ringId, '--url', two.url];
      expect(await runCommand(['letter', 'write', letter, ...args])).toMatchObject({ code: 0 });
      const brought = path.join(one.folder, `back-${ringId}`);
      writeFileSync(brought, readFileSync(letter), { mode: 0o600 });
      expect(await runCommand(['letter', 'take', brought, '--url', one.url])).toMatchObject({ code: 0 });
    }
    await until(
      'what was shared to be read again',
      async () => (await studiesAt(one)).length === readable.length,
      ENDS,
    );
    expect(own).toEqual(expect.arrayContaining(await studiesAt(one)));
  });
});
