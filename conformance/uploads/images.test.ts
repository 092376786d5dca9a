import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';
import sharp from 'sharp';
import {
  bytesOf,
  type DataSet,
  failureReasons,
  get,
  items,
  partsOf,
  sha256,
  storedSingle,
} from '../testing/dicomweb-client.js';
import { newUid } from '../testing/make-dicom.js';
import { serverUnderTest } from '../testing/server.js';

const { parseDicom } = createRequire(import.meta.url)('dicom-parser') as {
  parseDicom: (bytes: Uint8Array) => {
    string(tag: string): string | undefined;
    uint16(tag: string): number | undefined;
  };
};

let url: string;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  const server = await serverUnderTest();
  url = server.url;
  stop = () => server.stop();
});
afterAll(() => stop());

type Rgb = [number, number, number];
const picture = ([r, g, b]: Rgb) => sharp({ create: { width: 40, height: 30, channels: 3, background: { r, g, b } } });
const jpg = (colour: Rgb = [200, 40, 40]): Promise<Buffer> => picture(colour).jpeg().toBuffer();
const png = (colour: Rgb = [10, 200, 90]): Promise<Buffer> => picture(colour).png().toBuffer();

interface Listed {
  name: string;
  acquisition?: string;
  bytes: number;
  mediaType: string;
  state: string;
  SOPInstanceUID: string;
  StudyInstanceUID: string;
  url: string;
  instanceUrl: string;
}
interface Answered {
  name: string;
  status: string;
  reason?: string;
  SOPInstanceUID: string;
  StudyInstanceUID: string;
  url: string;
  instanceUrl: string;
}

const imagesUrl = (PatientID: string): string => `${url}/dicom-web/patients/${encodeURIComponent(PatientID)}/images`;
const list = async (PatientID: string): Promise<Listed[]> =>
  (await (await get(imagesUrl(PatientID))).json()) as Listed[];

async function upload(
  PatientID: string,
  files: [name: string, bytes: Buffer, type?: string][],
  fields: Record<string, string> = {},
): Promise<{ status: number; answers: Answered[] }> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const [name, bytes, type = 'image/png'] of files)
    form.append('files', new Blob([new Uint8Array(bytes)], { type }), name);
  const response = await fetch(imagesUrl(PatientID), { method: 'POST', body: form });
  return { status: response.status, answers: (await response.json()) as Answered[] };
}

function store(bytes: Buffer, type: string, query: Record<string, string>): Promise<Response> {
  return fetch(`${url}/dicom-web/studies?${new URLSearchParams(query).toString()}`, {
    method: 'POST',
    headers: { 'Content-Type': type },
    body: new Uint8Array(bytes),
  });
}

describe('Upload of JPG and PNG', () => {
  it('stores a JPG by STOW-RS with its patient in the query, and gives the same bytes back', async () => {
    const PatientID = newUid();
    const file = await jpg();
    const response = await store(file, 'image/jpeg', {
      PatientID,
      fileName: 'thorax.jpg',
      acquisition: '2020-01-31T12:30:00',
    });
    expect(response.status).toBe(200);
    const [item] = items((await response.json()) as DataSet, '00081199');
    const uid = String(item?.['00081155']?.Value?.[0]);
    expect(uid).toMatch(/^2\.25\.\d+$/);
    const [listed] = await list(PatientID);
    expect(listed).toMatchObject({
      name: 'thorax.jpg',
      acquisition: '20200131123000',
      bytes: file.length,
      mediaType: 'image/jpeg',
      state: 'sealed',
      SOPInstanceUID: uid,
    });
    const back = await get(`${imagesUrl(PatientID)}/thorax.jpg`);
    expect(back.headers.get('Content-Type')).toBe('image/jpeg');
    expect(sha256(await bytesOf(back))).toBe(sha256(file));
  });

  it('stores several files of a form, and says of each what became of it', async () => {
    const PatientID = `Ünï/${newUid()}`;
    const [a, b] = [await png(), await jpg()];
    const { status, answers } = await upload(PatientID, [
      ['a.png', a],
      ['Röntgen bild.jpg', b, 'image/jpeg'],
      ['c.txt', Buffer.from('text'), 'text/plain'],
      ['d.png', Buffer.from('no PNG')],
    ]);
    expect(status).toBe(202);
    expect(answers.map(({ name, status }) => [name, status])).toEqual([
      ['a.png', 'stored'],
      ['Röntgen bild.jpg', 'stored'],
      ['c.txt', 'refused'],
      ['d.png', 'refused'],
    ]);
    expect(answers[3]?.reason).toBe('C000');
    for (const [index, bytes] of [a, b].entries())
      expect(sha256(await bytesOf(await get(answers[index]?.url ?? '')))).toBe(sha256(bytes));
    expect((await list(PatientID)).map(({ name }) => name).sort()).toEqual(['Röntgen bild.jpg', 'a.png']);
  });

  it('keeps two files of one name, lists the newest first and gives it by name, each by uid', async () => {
    const PatientID = newUid();
    const [older, newer] = [await png([1, 2, 3]), await png([4, 5, 6])];
    const first = (await upload(PatientID, [['scan.png', older]])).answers[0];
    const second = (await upload(PatientID, [['scan.png', newer]])).answers[0];
    expect(first?.SOPInstanceUID).not.toBe(second?.SOPInstanceUID);
    expect((await list(PatientID)).map(({ SOPInstanceUID }) => SOPInstanceUID)).toEqual([
      second?.SOPInstanceUID,
      first?.SOPInstanceUID,
    ]);
    const by = async (query: string) => sha256(await bytesOf(await get(`${imagesUrl(PatientID)}/scan.png${query}`)));
    expect(await by('')).toBe(sha256(newer));
    expect(await by(`?uid=${first?.SOPInstanceUID}`)).toBe(sha256(older));
    expect(await by(`?uid=${second?.SOPInstanceUID}`)).toBe(sha256(newer));
    const found = (await (await get(`${url}/dicom-web/instances?PatientID=${PatientID}`)).json()) as DataSet[];
    expect(found).toHaveLength(2);
  });

  it('makes one study a date and one of undated images', async () => {
    const PatientID = newUid();
    const dates = ['20200101', '20200102', '20200101', ''];
    for (const [index, acquisition] of dates.entries())
      await upload(PatientID, [[`${index}.png`, await png([index, 0, 0])]], acquisition ? { acquisition } : {});
    const studies = (await (await get(`${url}/dicom-web/studies?PatientID=${PatientID}`)).json()) as DataSet[];
    expect(studies.map((study) => [study['00080020']?.Value?.[0], study['00201208']?.Value?.[0]])).toEqual(
      expect.arrayContaining([
        ['20200101', 2],
        ['20200102', 1],
        [undefined, 1],
      ]),
    );
    expect(studies).toHaveLength(3);
  });

  it('is success for the same file again, and names the study that has it', async () => {
    const PatientID = newUid();
    const file = await png([9, 9, 9]);
    const first = (await upload(PatientID, [['x.png', file]], { acquisition: '20200101' })).answers[0];
    const again = await upload(PatientID, [['x.png', file]], { acquisition: '20200101' });
    expect(again.status).toBe(200);
    expect(again.answers[0]).toMatchObject({ status: 'already there', instanceUrl: first?.instanceUrl });
    const otherDate = (await upload(PatientID, [['x.png', file]], { acquisition: '20200102' })).answers[0];
    expect(otherDate).toMatchObject({ status: 'already there', instanceUrl: first?.instanceUrl });
    expect((await get(otherDate?.instanceUrl ?? '')).status).toBe(200);
  });

  it('puts an image into the study of the URL, and refuses the same one for another study with 0xA900', async () => {
    const [study, other, PatientID] = [newUid(), newUid(), newUid()];
    const file = await png([1, 1, 1]);
    const send = (to: string) =>
      fetch(`${url}/dicom-web/studies/${to}?PatientID=${PatientID}&fileName=s.png`, {
        method: 'POST',
        headers: { 'Content-Type': 'image/png' },
        body: new Uint8Array(file),
      });
    expect((await send(study)).status).toBe(200);
    expect((await get(`${url}/dicom-web/studies/${study}/metadata`)).status).toBe(200);
    expect((await send(study)).headers.get('X-Already-Stored')).toBe('1');
    const refused = await send(other);
    expect(refused.status).toBe(409);
    expect(failureReasons((await refused.json()) as DataSet)).toEqual([0xa900]);
  });

  it('refuses an image without patient, one that is another type than it says, and one that is cut off', async () => {
    const file = await png();
    const PatientID = newUid();
    expect((await store(file, 'image/png', {})).status).toBe(400);
    expect((await store(file, 'image/jpeg', { PatientID })).status).toBe(400);
    const noisy = await sharp({
      create: { width: 300, height: 300, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 40 } } as never,
    })
      .jpeg()
      .toBuffer();
    expect((await store(noisy.subarray(0, noisy.length / 2), 'image/jpeg', { PatientID })).status).toBe(400);
    expect(await list(PatientID)).toEqual([]);
  });

  it('answers 404 for an unknown name and 410 after retirement', async () => {
    const PatientID = newUid();
    const [answer] = (await upload(PatientID, [['x.png', await png()]])).answers;
    expect((await get(`${imagesUrl(PatientID)}/y.png`)).status).toBe(404);
    expect((await fetch(answer?.instanceUrl ?? '', { method: 'DELETE' })).status).toBe(204);
    expect((await get(`${imagesUrl(PatientID)}/x.png`)).status).toBe(410);
    expect((await list(PatientID))[0]?.state).toBe('retired');
  });
});

describe('An uploaded image in DICOMweb', () => {
  /** What a file becomes: its transfer syntax and photometric interpretation. */
  const cases: [string, () => Promise<Buffer>, string, string, string][] = [
    ['colour JPG', () => jpg(), 'image/jpeg', '1.2.840.10008.1.2.4.50', 'YBR_FULL_422'],
    [
      'gray JPG',
      () => picture([80, 80, 80]).toColourspace('b-w').jpeg().toBuffer(),
      'image/jpeg',
      '1.2.840.10008.1.2.4.50',
      'MONOCHROME2',
    ],
    [
      'progressive JPG',
      () => picture([1, 90, 80]).jpeg({ progressive: true }).toBuffer(),
      'image/jpeg',
      '1.2.840.10008.1.2.1',
      'RGB',
    ],
    [
      'rotated JPG',
      () => picture([1, 90, 80]).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      'image/jpeg',
      '1.2.840.10008.1.2.1',
      'RGB',
    ],
    ['PNG', () => png(), 'image/png', '1.2.840.10008.1.2.1', 'RGB'],
    [
      'PNG with alpha',
      () => picture([1, 2, 3]).ensureAlpha(0.5).png().toBuffer(),
      'image/png',
      '1.2.840.10008.1.2.1',
      'RGB',
    ],
    [
      '16-bit gray PNG',
      () => picture([9, 9, 9]).toColourspace('grey16').png().toBuffer(),
      'image/png',
      '1.2.840.10008.1.2.1',
      'MONOCHROME2',
    ],
  ];

  it.each(cases)(
    'of a %s has metadata, instance, frame, rendered and thumbnail',
    async (_name, make, type, syntax, photometric) => {
      const PatientID = newUid();
      const file = await make();
      expect((await store(file, type, { PatientID, fileName: 'p' })).status).toBe(200);
      const [listed] = await list(PatientID);
      const at = listed?.instanceUrl ?? '';
      const [metadata] = (await (await get(`${at}/metadata`)).json()) as DataSet[];
      expect(metadata?.['00080016']?.Value).toEqual(['1.2.840.10008.5.1.4.1.1.7']);
      expect(metadata?.['00280004']?.Value).toEqual([photometric]);
      expect(metadata?.['00100020']?.Value).toEqual([PatientID]);
      const [rows, columns] = [metadata?.['00280010']?.Value?.[0], metadata?.['00280011']?.Value?.[0]];
      expect([rows, columns]).toEqual(_name === 'rotated JPG' ? [40, 30] : [30, 40]);

      const object = await get(at, storedSingle);
      expect(object.status).toBe(200);
      const dataSet = parseDicom(new Uint8Array(await bytesOf(object)));
      expect(dataSet.string('x00020010')).toBe(syntax);
      expect(dataSet.string('x00080018')).toBe(listed?.SOPInstanceUID);
      expect(dataSet.uint16('x00280010')).toBe(rows);

      const [frame] = await partsOf(
        await get(`${at}/frames/1`, 'multipart/related; type="application/octet-stream"; transfer-syntax=*'),
      );
      if (syntax.endsWith('.50')) {
        expect(sha256(frame?.bytes ?? Buffer.alloc(0))).toBe(sha256(file));
      } else {
        const samples = Number(metadata?.['00280002']?.Value?.[0]);
        const bits = Number(metadata?.['00280100']?.Value?.[0]);
        expect(frame?.bytes.length).toBe((30 * 40 * samples * bits) / 8);
      }
      const bulk = metadata?.['7FE00010']?.BulkDataURI ?? '';
      expect(bulk).toMatch(/^http/);
      expect((await get(bulk)).status).toBe(200);
      const picture = await sharp(await bytesOf(await get(`${at}/rendered`, 'image/png'))).metadata();
      expect([picture.format, picture.height, picture.width]).toEqual(['png', rows, columns]);
      const thumbnail = await sharp(await bytesOf(await get(`${at}/thumbnail`, 'image/jpeg'))).metadata();
      expect(thumbnail.format).toBe('jpeg');
      const verified = await fetch(`${url}/ledger/instances/${listed?.SOPInstanceUID}/verify`, { method: 'POST' });
      expect(await verified.json()).toMatchObject({ problems: [], byteCount: file.length });
    },
  );
});
