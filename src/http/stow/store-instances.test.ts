import { describe, expect, it } from '@jest/globals';
import request, { type Response, type Test } from 'supertest';
import { multipartOf, refused, stored, uploadApp, type Fate, type UploadApp } from '../testing/upload-app.js';

const related = 'multipart/related; type="application/dicom"; boundary=b';
const url = '/dicom-web/studies';

const post = ({ app }: UploadApp, body: string | Buffer, contentType = related, path = url): Test =>
  request(app).post(path).set('Content-Type', contentType).send(body);
const store = (fates: readonly (Fate | string)[]): Test => post(uploadApp(), multipartOf(fates));

const moduleOf = (response: Response) => response.body as Record<string, { vr: string; Value?: unknown[] }>;

const warning = { reason: 0xb007, message: 'The UIDs differ.' } as const;
const studyUrl = 'http://h/dicom-web/studies/1.1';
const CT = '1.2.840.10008.5.1.4.1.1.2';
const instanceItem = (uid: string) => ({
  '00081150': { vr: 'UI', Value: [CT] },
  '00081155': { vr: 'UI', Value: [uid] },
});
const storedItem = (uid: string) => ({
  ...instanceItem(uid),
  '00081190': { vr: 'UR', Value: [`${studyUrl}/series/1.2/instances/${uid}`] },
});
const failedItem = (uid: string, code: number) => ({
  ...instanceItem(uid),
  '00081197': { vr: 'US', Value: [code] },
});

describe('storeInstances: status', () => {
  const duplicate = refused('duplicateSopInstance', '1.2.4');
  const garbage = refused('cannotUnderstand');
  const stopping: Fate = { ...refused('outOfResources'), code: 'unavailable' };
  const rows: [name: string, fates: readonly Fate[], status: number][] = [
    ['all stored', [stored(), stored('1.2.4')], 200],
    ['already there', [stored('1.2.3', { alreadyThere: true })], 200],
    ['stored with a warning', [stored('1.2.3', { warning })], 202],
    ['some refused', [stored(), duplicate], 202],
    ['some not understood', [garbage, stored()], 202],
    ['all refused', [duplicate, refused('dataSetMismatch', '1.2.5')], 409],
    ['refused for a mixture of reasons', [garbage, duplicate], 409],
    ['none understood', [garbage, garbage], 400],
    ['refused for lack of space', [refused('outOfResources')], 409],
    ['refused because the server stops', [stopping, stopping], 503],
    ['some refused because the server stops', [stored(), stopping], 202],
    ['refused for a mixture with a stop', [stopping, duplicate], 409],
    ['one thrown, one stored', [{ kind: 'thrown', code: 'unavailable' }, stored()], 202],
    ['one thrown, one refused', [{ kind: 'thrown', code: 'unavailable' }, duplicate], 409],
    [
      'all thrown',
      [
        { kind: 'thrown', code: 'unavailable' },
        { kind: 'thrown', code: 'internal' },
      ],
      503,
    ],
  ];
  for (const [name, fates, status] of rows)
    it(`is ${status}: ${name}`, async () => {
      expect((await store(fates)).status).toBe(status);
    });

  it('is 400 for no part, no boundary, a body that has not the boundary, and a malformed study UID', async () => {
    for (const [body, contentType, path] of [
      ['--b--', related, url],
      ['', related, url],
      [multipartOf([stored()]), 'multipart/related; type="application/dicom"', url],
      [multipartOf([stored()]), 'multipart/related; type="application/dicom"; boundary=other', url],
      [multipartOf([stored()]), related, `${url}/1.2.x`],
      [multipartOf([stored()]), related, `${url}/${'1'.repeat(65)}`],
      ['', 'application/dicom', url],
    ] as const) {
      const uploads = uploadApp();
      const { status, headers } = await post(uploads, body, contentType, path);
      expect([status, headers['content-type'], uploads.received]).toEqual([400, 'application/problem+json', []]);
    }
  });

  it('is 415 with what is accepted for other media types', async () => {
    for (const contentType of [
      'text/plain',
      'multipart/form-data; boundary=b',
      'multipart/related; type="application/json"; boundary=b',
      'image/gif',
    ]) {
      const { status, headers } = await post(uploadApp(), multipartOf([stored()]), contentType);
      expect(status).toBe(415);
      expect(headers.accept).toBe(
        [
          'multipart/related; type="application/dicom"',
          'multipart/related; type="application/dicom+json"',
          'multipart/related; type="application/dicom+xml"',
          'application/dicom, application/dicom+json, application/dicom+xml, image/jpeg, image/png',
        ].join(', '),
      );
    }
    expect((await post(uploadApp(), 'x', 'application/dicom').set('Content-Encoding', 'br')).status).toBe(415);
    expect((await request(uploadApp().app).post(url)).status).toBe(415);
  });

  it('is 406 when the answer cannot be had as asked, and nothing is stored', async () => {
    const uploads = uploadApp();
    expect((await post(uploads, multipartOf([stored()])).set('Accept', 'text/plain')).status).toBe(406);
    expect(uploads.received).toEqual([]);
  });

  it('is 413 for a single part that turns out to be too large', async () => {
    const fate: Fate = { ...refused('outOfResources'), code: 'too-large' };
    const response = await post(uploadApp(), JSON.stringify(fate), 'application/dicom');
    expect([response.status, response.headers['content-type']]).toEqual([413, 'application/problem+json']);
    expect((await store([fate])).status).toBe(409);
  });

  it('is 413 for a single part over the limit, and 200 at it', async () => {
    const uploads = uploadApp();
    expect((await post(uploads, Buffer.alloc(1001), 'application/dicom')).status).toBe(413);
    expect(uploads.received).toEqual([]);
    expect((await post(uploads, Buffer.alloc(1000), 'application/dicom')).status).toBe(200);
  });
});

describe('storeInstances: response module', () => {
  it('lists the stored, the failed and the unidentifiable in the order of the parts', async () => {
    const response = await store([
      refused('duplicateSopInstance', '1.2.9'),
      stored('1.2.8'),
      refused('cannotUnderstand'),
      stored('1.2.3', { warning }),
      refused('dataSetMismatch', '1.2.4'),
    ]);
    expect(moduleOf(response)).toEqual({
      '00081190': { vr: 'UR', Value: [studyUrl] },
      '00081198': { vr: 'SQ', Value: [failedItem('1.2.9', 273), failedItem('1.2.4', 43264)] },
      '00081199': {
        vr: 'SQ',
        Value: [storedItem('1.2.8'), { ...storedItem('1.2.3'), '00081196': { vr: 'US', Value: [45063] } }],
      },
      '0008119A': { vr: 'SQ', Value: [{ '00081197': { vr: 'US', Value: [49152] } }] },
    });
    expect(response.headers).toMatchObject({
      'content-type': 'application/dicom+json',
      location: studyUrl,
      'content-location': studyUrl,
    });
  });

  it('leaves out empty sequences and the URL of no study', async () => {
    expect(moduleOf(await store([refused('duplicateSopInstance', '1.2.9')]))).toEqual({
      '00081190': { vr: 'UR' },
      '00081198': { vr: 'SQ', Value: [failedItem('1.2.9', 273)] },
    });
    const response = await store([stored(), stored('1.2.4', { StudyInstanceUID: '1.9' })]);
    expect(Object.keys(moduleOf(response))).toEqual(['00081190', '00081199']);
    expect(moduleOf(response)['00081190']).toEqual({ vr: 'UR' });
    expect(response.headers.location).toBe('http://h/dicom-web/studies');
  });

  it('is JSON by default and XML when asked, by header or by query', async () => {
    const uploads = uploadApp();
    const fates = multipartOf([stored()]);
    for (const [accept, path, type] of [
      ['*/*', url, 'application/dicom+json'],
      ['application/dicom+xml;q=0.5, application/dicom+json', url, 'application/dicom+json'],
      ['application/json', url, 'application/json'],
      ['application/dicom+xml', url, 'application/dicom+xml'],
      ['application/dicom+json', `${url}?accept=application/dicom%2Bxml`, 'application/dicom+xml'],
    ] as const) {
      const { headers } = await post(uploads, fates, related, path).set('Accept', accept);
      expect(headers['content-type']).toBe(type);
    }
    const { text } = await post(uploads, fates).set('Accept', 'application/dicom+xml').buffer(true);
    expect(text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">' +
        `<DicomAttribute tag="00081190" vr="UR" keyword="RetrieveURL"><Value number="1">${studyUrl}</Value></DicomAttribute>` +
        '<DicomAttribute tag="00081199" vr="SQ" keyword="ReferencedSOPSequence"><Item number="1">' +
        `<DicomAttribute tag="00081150" vr="UI" keyword="ReferencedSOPClassUID"><Value number="1">${CT}</Value></DicomAttribute>` +
        '<DicomAttribute tag="00081155" vr="UI" keyword="ReferencedSOPInstanceUID"><Value number="1">1.2.3</Value></DicomAttribute>' +
        `<DicomAttribute tag="00081190" vr="UR" keyword="RetrieveURL"><Value number="1">${studyUrl}/series/1.2/instances/1.2.3</Value></DicomAttribute>` +
        '</Item></DicomAttribute></NativeDicomModel>\n',
    );
  });

  it('has a Warning line for each distinct failure that names its parts', async () => {
    const { headers } = await store([
      refused('cannotUnderstand'),
      stored('1.2.3', { warning: { reason: 0xb007, message: 'Ä "quoted" sentence (PS3.10 §7.1).' } }),
      refused('cannotUnderstand'),
    ]);
    expect(headers.warning).toBe(
      '299 http://h/dicom-web "C000 (parts 1, 3): Refused for cannotUnderstand.", ' +
        `299 http://h/dicom-web "B007 (part 2): ? 'quoted' sentence (PS3.10 section 7.1)."`,
    );
  });

  it('keeps the Warning lines few and short', async () => {
    const same = Array.from({ length: 12 }, () => refused('cannotUnderstand'));
    const distinct = Array.from({ length: 40 }, (_, index) => ({
      ...refused('processingFailure'),
      message: `M${index}.`,
    }));
    const { headers } = await store([...same, ...distinct] as Fate[]);
    const lines = String(headers.warning).split('", ');
    expect(lines).toHaveLength(16);
    expect(lines[0]).toContain('parts 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more');
    expect(lines[15]).toContain('26 more');
  });

  it('says of how many parts nothing was written', async () => {
    const { headers } = await store([stored(), stored('1.2.4', { alreadyThere: true })]);
    expect(headers['x-already-stored']).toBe('1');
    expect((await store([stored()])).headers).not.toHaveProperty('x-already-stored');
  });
});

describe('storeInstances: request forms', () => {
  for (const [name, contentType, body] of [
    ['type and boundary quoted', 'multipart/related; type="application/dicom"; boundary="b"', multipartOf(['x'])],
    ['nothing quoted, any case', 'Multipart/Related; Boundary=b; TYPE=Application/DICOM', multipartOf(['x'])],
    ['no type', 'multipart/related; boundary=b', multipartOf(['x'])],
    [
      'an escaped quote in the boundary',
      'multipart/related; boundary="a\\"b"',
      multipartOf(['x']).replaceAll('--b', '--a"b'),
    ],
    ['OHIF: CRLF first and none last', related, `\r\n${multipartOf(['x'])}`],
    ['a part with a transfer syntax', related, multipartOf(['x']).replace('/dicom', '/DICOM; transfer-syntax=1.2')],
    ['a part without Content-Type', related, '--b\r\n\r\nx\r\n--b--'],
    ['a single part', 'application/dicom', 'x'],
    ['a single part with parameters', 'Application/Dicom; transfer-syntax="1.2.840.10008.1.2.1"', 'x'],
  ] as const)
    it(`takes ${name}`, async () => {
      const uploads = uploadApp();
      expect((await post(uploads, body, contentType)).status).toBe(200);
      expect(uploads.received).toEqual([{ mediaType: 'application/dicom', body: 'x' }]);
    });

  it('hands on the study of the URL', async () => {
    const uploads = uploadApp();
    await post(uploads, multipartOf(['x']), related, `${url}/1.1`);
    await post(uploads, 'x', 'application/dicom', `${url}/1.1`);
    expect(uploads.received.map(({ StudyInstanceUID }) => StudyInstanceUID)).toEqual(['1.1', '1.1']);
  });

  it('refuses a part of another media type alone', async () => {
    const uploads = uploadApp();
    const body = multipartOf(['x', 'y']).replace('application/dicom', 'text/plain');
    const response = await post(uploads, body);
    expect(response.status).toBe(202);
    expect(moduleOf(response)['0008119A']).toEqual({
      vr: 'SQ',
      Value: [{ '00081197': { vr: 'US', Value: [0xc000] } }],
    });
    expect(uploads.received.map((part) => part.body)).toEqual(['y']);
    const withoutType = 'multipart/related; boundary=b';
    expect((await post(uploadApp(), body, withoutType)).status).toBe(415);
  });

  it('reads on while earlier parts are being stored', async () => {
    expect((await store(['hold', 'hold', 'release'])).status).toBe(200);
  });

  it('keeps what came before the body was cut off, and counts the rest as one refused part', async () => {
    const uploads = uploadApp();
    const response = await post(uploads, multipartOf(['x', 'y', 'z']).slice(0, -8));
    expect(response.status).toBe(202);
    expect(uploads.received.map((part) => part.body)).toEqual(['x', 'y']);
    expect(moduleOf(response)['00081199']?.Value).toHaveLength(2);
    expect(moduleOf(response)['0008119A']?.Value).toEqual([{ '00081197': { vr: 'US', Value: [0xc000] } }]);
    expect((await post(uploadApp(), multipartOf(['x']).slice(0, -8))).status).toBe(400);
  });

  describe('image/jpeg and image/png', () => {
    const image = (query: string, path = url): { sent: Test; uploads: UploadApp } => {
      const uploads = uploadApp();
      return { uploads, sent: post(uploads, 'x', 'image/png', `${path}?${query}`) };
    };

    it('takes whose it is from the query', async () => {
      const { sent, uploads } = image(
        'PatientID=P%201&StudyInstanceUID=1.5&fileName=a/b/c%C3%A4.png&acquisition=2020-01-31',
      );
      expect((await sent).status).toBe(200);
      expect(uploads.received).toEqual([
        {
          mediaType: 'image/png',
          image: { PatientID: 'P 1', StudyInstanceUID: '1.5', fileName: 'cä.png', acquisition: '20200131' },
          body: 'x',
        },
      ]);
    });

    it('takes the study from the URL', async () => {
      const { sent, uploads } = image('PatientID=P', `${url}/1.5`);
      expect((await sent).status).toBe(200);
      expect(uploads.received[0]?.image).toEqual({ PatientID: 'P', StudyInstanceUID: '1.5' });
      expect((await image('PatientID=P&StudyInstanceUID=1.6', `${url}/1.5`).sent).status).toBe(400);
    });

    for (const query of [
      '',
      'PatientID=',
      'PatientID=%20',
      'PatientID=a%5Cb',
      `PatientID=${'x'.repeat(65)}`,
      'PatientID=P&StudyInstanceUID=abc',
      'PatientID=P&acquisition=20201301',
      'PatientID=P&fileName=..',
    ])
      it(`refuses ?${query}`, async () => {
        const { sent, uploads } = image(query);
        expect((await sent).status).toBe(400);
        expect(uploads.received).toEqual([]);
      });
  });
});
