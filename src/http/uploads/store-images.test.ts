import { describe, expect, it } from '@jest/globals';
import request, { type Response, type Test } from 'supertest';
import { refused, stored, uploadApp, type Fate, type UploadApp, type UploadedImage } from '../testing/upload-app.js';

const url = '/dicom-web/patients/P%201/images';
const root = 'http://h/dicom-web';

type Files = [name: string, body: Fate | string, contentType?: string][];

function upload({ app }: UploadApp, files: Files, fields: Record<string, string> = {}): Test {
  const sent = request(app).post(url).field(fields);
  for (const [filename, body, contentType = 'image/png'] of files)
    sent.attach('file', Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), { filename, contentType });
  return sent;
}
const filesOf = (response: Response) => response.body as Record<string, unknown>[];

describe('storeImages', () => {
  it('stores each file of a form and tells the fate of each', async () => {
    const uploads = uploadApp();
    const response = await upload(
      uploads,
      [
        ['ä b.png', stored('2.25.1')],
        ['c.jpg', stored('2.25.2', { alreadyThere: true }), 'image/jpeg'],
        ['d.png', refused('cannotUnderstand')],
      ],
      { acquisition: '2020-01-31', StudyInstanceUID: '1.1' },
    );
    expect(response.status).toBe(202);
    const where = (uid: string) => ({
      SOPInstanceUID: uid,
      SeriesInstanceUID: '1.2',
      StudyInstanceUID: '1.1',
      instanceUrl: `${root}/studies/1.1/series/1.2/instances/${uid}`,
    });
    const folder = `${root}/patients/P%201/images`;
    expect(response.body).toEqual([
      { name: 'ä b.png', status: 'stored', url: `${folder}/%C3%A4%20b.png?uid=2.25.1`, ...where('2.25.1') },
      { name: 'c.jpg', status: 'already there', url: `${folder}/c.jpg?uid=2.25.2`, ...where('2.25.2') },
      { name: 'd.png', status: 'refused', reason: 'C000', message: 'Refused for cannotUnderstand.' },
    ]);
    const image = { PatientID: 'P 1', acquisition: '20200131', StudyInstanceUID: '1.1' };
    expect(uploads.received.map(({ mediaType, image }) => ({ mediaType, image }))).toEqual([
      { mediaType: 'image/png', image: { ...image, fileName: 'ä b.png' } },
      { mediaType: 'image/jpeg', image: { ...image, fileName: 'c.jpg' } },
      { mediaType: 'image/png', image: { ...image, fileName: 'd.png' } },
    ]);
  });

  const rows: [name: string, files: Files, status: number][] = [
    ['all stored', [['a.png', stored()]], 200],
    [
      'one refused',
      [
        ['a.png', stored()],
        ['b.png', refused('cannotUnderstand')],
      ],
      202,
    ],
    ['all refused', [['a.png', refused('duplicateSopInstance')]], 409],
    ['none understood', [['a.png', refused('cannotUnderstand')]], 400],
    ['no file', [], 400],
    [
      'one thrown',
      [
        ['a.png', stored()],
        ['b.png', { kind: 'thrown', code: 'unavailable' }],
      ],
      202,
    ],
    ['all thrown', [['a.png', { kind: 'thrown', code: 'unavailable' }]], 503],
  ];
  for (const [name, files, status] of rows)
    it(`is ${status}: ${name}`, async () => {
      expect((await upload(uploadApp(), files, { acquisition: '20200131' })).status).toBe(status);
    });

  it('reads on while earlier files are being stored', async () => {
    const files: Files = [
      ['a.png', 'hold'],
      ['b.png', 'release'],
    ];
    expect((await upload(uploadApp(), files)).status).toBe(200);
  });

  it('goes by the extension where the form says nothing of the media type, and refuses others alone', async () => {
    const uploads = uploadApp();
    const octets = 'application/octet-stream';
    const response = await upload(uploads, [
      ['a.PNG', 'x', octets],
      ['b.jpeg', 'x', octets],
      ['c.gif', 'x', octets],
      ['d.png', 'x', 'text/plain'],
      ['e.png', 'y'],
    ]);
    expect(response.status).toBe(202);
    expect(filesOf(response).map(({ status }) => status)).toEqual(['stored', 'stored', 'refused', 'refused', 'stored']);
    expect(uploads.received.map(({ mediaType }) => mediaType)).toEqual(['image/png', 'image/jpeg', 'image/png']);
  });

  it('refuses a field that comes after a file, and one that is wrong or twice there', async () => {
    const late = request(uploadApp().app)
      .post(url)
      .attach('file', Buffer.from('x'), 'a.png')
      .field('acquisition', '20200131');
    expect((await late).body).toMatchObject({
      status: 400,
      detail: expect.stringContaining('fields before files') as unknown,
    });
    const wrong: Record<string, string>[] = [{ acquisition: '20201301' }, { StudyInstanceUID: 'x' }];
    for (const fields of wrong) {
      const uploads = uploadApp();
      expect((await upload(uploads, [['a.png', 'x']], fields)).status).toBe(400);
      expect(uploads.received).toEqual([]);
    }
    const twice = request(uploadApp().app).post(url).field('acquisition', ['20200131', '20200201']);
    expect((await twice.attach('file', Buffer.from('x'), 'a.png')).status).toBe(400);
  });

  it('is 415 for what is no form, 400 for a broken one', async () => {
    const { app } = uploadApp();
    expect((await request(app).post(url).set('Content-Type', 'image/png').send('x')).status).toBe(415);
    expect((await request(app).post(url)).status).toBe(415);
    const form = (contentType: string, body: string): Test =>
      request(app).post(url).set('Content-Type', contentType).send(body);
    expect((await form('multipart/form-data', '')).status).toBe(400);
    const part =
      '--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\nContent-Type: image/png\r\n\r\nx';
    expect((await form('multipart/form-data; boundary=b', part)).status).toBe(400);
    expect((await form('multipart/form-data; boundary=b', `${part}\r\n--b--`)).status).toBe(200);
  });

  it('has limits on fields', async () => {
    const files: Files = [['a.png', 'x']];
    expect((await upload(uploadApp(), files, { other: 'x'.repeat(1024) })).status).toBe(200);
    expect((await upload(uploadApp(), files, { other: 'x'.repeat(1025) })).status).toBe(413);
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}`, 'x']));
    expect((await upload(uploadApp(), files, many)).status).toBe(200);
    expect((await upload(uploadApp(), files, { ...many, more: 'x' })).status).toBe(413);
  });
});

const image = (over: Partial<UploadedImage>): UploadedImage =>
  ({
    StudyInstanceUID: '1.1',
    SeriesInstanceUID: '1.2',
    SOPInstanceUID: '2.25.1',
    mediaType: 'image/png',
    byteCount: 5,
    sha256: 'digest',
    fileName: 'a.png',
    state: 'sealed',
    announcedAt: 1_600_000_000,
    instance: { '00080022': { vr: 'DA', Value: ['20200131'] } },
    body: 'bytes',
    ...over,
  }) as UploadedImage;

function appWith(...images: Partial<UploadedImage>[]): UploadApp['app'] {
  const { app, images: known } = uploadApp();
  known.push(...images.map(image));
  return app;
}

describe('listImages', () => {
  it('lists the files of a patient', async () => {
    const app = appWith({ SOPInstanceUID: '2.25.2', state: 'retired' }, { fileName: undefined, instance: {} });
    const response = await request(app).get(url);
    expect(response.status).toBe(200);
    expect(response.body).toEqual([
      {
        name: 'a.png',
        acquisition: '20200131',
        storedAt: '2020-09-13T12:26:40.000Z',
        bytes: 5,
        mediaType: 'image/png',
        state: 'retired',
        SOPInstanceUID: '2.25.2',
        SeriesInstanceUID: '1.2',
        StudyInstanceUID: '1.1',
        url: `${root}/patients/P%201/images/a.png?uid=2.25.2`,
        instanceUrl: `${root}/studies/1.1/series/1.2/instances/2.25.2`,
      },
      expect.objectContaining({ name: '2.25.1', url: `${root}/patients/P%201/images/2.25.1?uid=2.25.1` }),
    ]);
    expect(filesOf(response)[1]).not.toHaveProperty('acquisition');
    expect((await request(appWith()).get(url)).body).toEqual([]);
  });

  it('knows no other methods', async () => {
    const response = await request(appWith()).delete(url);
    expect([response.status, response.headers.allow]).toEqual([405, 'GET, POST, HEAD, OPTIONS']);
  });
});

describe('sendImage', () => {
  it('gives the uploaded bytes, with a validator and the name to save under', async () => {
    const app = appWith({ fileName: 'ä "b".png' });
    const path = `${url}/${encodeURIComponent('ä "b".png')}`;
    const response = await request(app).get(path);
    expect([response.status, (response.body as Buffer).toString()]).toEqual([200, 'bytes']);
    expect(response.headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': '5',
      'content-disposition': `inline; filename="_ _b_.png"; filename*=UTF-8''%C3%A4%20%22b%22.png`,
    });
    const etag = String(response.headers.etag);
    expect(etag).toMatch(/^"[^"]+"$/);
    expect((await request(app).get(path).set('If-None-Match', etag)).status).toBe(304);
    const head = await request(app).head(path);
    expect([head.status, head.headers['content-length'], head.headers.etag]).toEqual([200, '5', etag]);
  });

  it('gives the newest of the name, or the one of ?uid=', async () => {
    const app = appWith({ SOPInstanceUID: '2.25.3', body: 'newer' }, { SOPInstanceUID: '2.25.2', body: 'older' });
    const bytes = async (query: string): Promise<string> =>
      ((await request(app).get(`${url}/a.png${query}`)).body as Buffer).toString();
    expect(await bytes('')).toBe('newer');
    expect(await bytes('?uid=2.25.2')).toBe('older');
    expect((await request(app).get(`${url}/a.png?uid=2.25.9`)).status).toBe(404);
    expect((await request(app).get(`${url}/a.png?uid=x`)).status).toBe(400);
  });

  it('gives a file that came without a name by its UID', async () => {
    expect((await request(appWith({ fileName: undefined })).get(`${url}/2.25.1`)).status).toBe(200);
  });

  it('is 404, 410 and 503 for unknown, retired and not yet sealed ones', async () => {
    expect((await request(appWith()).get(`${url}/a.png`)).status).toBe(404);
    expect((await request(appWith({ state: 'retired' })).get(`${url}/a.png`)).status).toBe(410);
    const announced = await request(appWith({ state: 'announced' })).get(`${url}/a.png`);
    expect([announced.status, announced.headers['retry-after']]).toEqual([503, '5']);
    const older = appWith({ state: 'retired' }, { SOPInstanceUID: '2.25.2', body: 'older' });
    expect(((await request(older).get(`${url}/a.png`)).body as Buffer).toString()).toBe('older');
    expect((await request(older).get(`${url}/a.png?uid=2.25.1`)).status).toBe(410);
  });
});
