import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import request from 'supertest';
import type { Archive, ArchiveMatches, ArchiveQuery } from '../../archive/archive.js';
import { httpAppOver } from '../testing/http-app-over.js';

/** keyword, tag, VR */
const attributes: [string, string, string][] = [
  ['PatientName', '00100010', 'PN'],
  ['PatientID', '00100020', 'LO'],
  ['StudyDate', '00080020', 'DA'],
  ['StudyDescription', '00081030', 'LO'],
  ['ModalitiesInStudy', '00080061', 'CS'],
  ['Modality', '00080060', 'CS'],
  ['StudyInstanceUID', '0020000D', 'UI'],
  ['RequestAttributesSequence', '00400275', 'SQ'],
  ['ScheduledProcedureStepID', '00400009', 'SH'],
];

const search = jest.fn((_query: ArchiveQuery): ArchiveMatches => ({ matches: [], remaining: 0 }));

const archive = {
  search: async (query: ArchiveQuery) => search(query),
  attribute(name: string) {
    const found = attributes.find(([keyword, tag]) => keyword === name || tag === name);
    return found && { keyword: found[0], tag: found[1], vr: found[2] };
  },
} as unknown as Archive;

const app = httpAppOver(archive, { publicUrl: 'https://pacs.example/archive' });
const get = (path: string) => request(app).get(`/dicom-web${path}`);
const asked = (): ArchiveQuery => search.mock.calls[0]?.[0] as ArchiveQuery;

beforeEach(() => {
  search.mockReset();
  search.mockReturnValue({ matches: [], remaining: 0 });
});

/** supertest knows no multipart. */
async function getXml(path: string): Promise<{ headers: Record<string, string>; body: string }> {
  const response = await get(path)
    .set('Accept', 'multipart/related; type="application/dicom+xml"')
    .buffer(true)
    .parse((answer, done) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => done(null, Buffer.concat(chunks).toString()));
    });
  return { headers: response.headers, body: String(response.body) };
}

describe('search', () => {
  it('answers nothing found with 200 and an empty array', async () => {
    const response = await get('/studies');
    expect([response.status, response.headers['content-type'], response.body]).toEqual([
      200,
      'application/dicom+json',
      [],
    ]);
    expect(response.headers['x-total-count']).toBe('0');
    expect(response.headers.warning).toBeUndefined();
  });

  it.each<[string, Partial<ArchiveQuery>]>([
    ['/patients', { level: 'patient', limit: 1000 }],
    ['/studies', { level: 'study', limit: 1000 }],
    ['/series', { level: 'series', limit: 1000 }],
    ['/instances', { level: 'instance', limit: 5000 }],
    ['/studies/1.2/series', { level: 'series', StudyInstanceUID: '1.2' }],
    ['/studies/1.2/instances', { level: 'instance', StudyInstanceUID: '1.2' }],
    ['/studies/1.2/series/1.3/instances', { level: 'instance', StudyInstanceUID: '1.2', SeriesInstanceUID: '1.3' }],
  ])('searches %s', async (path, query) => {
    expect((await get(path)).status).toBe(200);
    expect(asked()).toMatchObject(query);
  });

  it.each<[string, { path: string[]; vr: string; values: string[] }[]]>([
    ['PatientName=*D%C3%B6e%5EJ*', [{ path: ['00100010'], vr: 'PN', values: ['*Döe^J*'] }]],
    ['PatientName=*Doe,%20J*', [{ path: ['00100010'], vr: 'PN', values: ['*Doe, J*'] }]],
    ['00100020=a%2Cb', [{ path: ['00100020'], vr: 'LO', values: ['a,b'] }]],
    ['StudyDate=20240101-20240228', [{ path: ['00080020'], vr: 'DA', values: ['20240101-20240228'] }]],
    ['ModalitiesInStudy=US%2CXA', [{ path: ['00080061'], vr: 'CS', values: ['US', 'XA'] }]],
    ['StudyInstanceUID=1.2,1.3', [{ path: ['0020000D'], vr: 'UI', values: ['1.2', '1.3'] }]],
    ['StudyInstanceUID=1.2%5C%5C1.3', [{ path: ['0020000D'], vr: 'UI', values: ['1.2', '1.3'] }]],
    ['StudyInstanceUID=1.2&0020000D=1.3', [{ path: ['0020000D'], vr: 'UI', values: ['1.2', '1.3'] }]],
    ['StudyInstanceUID=', [{ path: ['0020000D'], vr: 'UI', values: [''] }]],
    ['PatientID=', [{ path: ['00100020'], vr: 'LO', values: [''] }]],
    ['PatientID[x]=1&PatientID[]=2', []],
    ['&=x&PatientID=1', [{ path: ['00100020'], vr: 'LO', values: ['1'] }]],
    ['RequestAttributesSequence.00400009=S1', [{ path: ['00400275', '00400009'], vr: 'SH', values: ['S1'] }]],
    ['PatientID.StudyDate=1', []],
  ])('reads ?%s', async (query, match) => {
    expect((await get(`/studies?${query}`)).status).toBe(200);
    expect(asked().match).toEqual(match);
  });

  it.each<[string, ArchiveQuery['include']]>([
    ['includefield=00081030%2C00080060', [['00081030'], ['00080060']]],
    ['includefield=StudyDescription,00080060', [['00081030'], ['00080060']]],
    ['includefield=StudyDescription&includefield=Modality', [['00081030'], ['00080060']]],
    ['includefield=00400275.00400009', [['00400275', '00400009']]],
    ['includefield=all', 'all'],
    ['includefield=StudyDescription,all', 'all'],
    ['StudyDescription=x', [['00081030']]],
    ['includefield=', []],
    ['&includefield=nonsense,Modality', [['00080060']]],
  ])('includes for ?%s', async (query, include) => {
    expect((await get(`/studies?${query}`)).status).toBe(200);
    expect(asked().include).toEqual(include);
  });

  it.each<[string, number, number]>([
    ['limit=1', 1, 0],
    ['limit=101&offset=0', 101, 0],
    ['limit=1000&offset=7', 1000, 7],
    ['limit=1001', 1000, 0],
    ['limit=&offset=', 1000, 0],
  ])('pages for ?%s', async (query, limit, offset) => {
    const { headers } = await get(`/studies?${query}`);
    expect([asked().limit, asked().offset]).toEqual([limit, offset]);
    expect(headers.warning?.includes('lowered to 1000') ?? false).toBe(query === 'limit=1001');
  });

  it.each(['limit=0', 'limit=-1', 'limit=x', 'limit=1.5', 'offset=-1', 'offset=x', 'limit=1e3'])(
    'refuses ?%s',
    async (query) => {
      expect((await get(`/studies?${query}`)).status).toBe(400);
    },
  );

  it('says with the exact sentences what it did not do', async () => {
    search.mockReturnValue({ matches: [{}], remaining: 4 });
    const { headers } = await get(
      '/studies?Colour=red&b%22%0D%0A=1&emptyvaluematching=true&multiplevaluematching=TRUE',
    );
    const service = '299 https://pacs.example/archive/dicom-web';
    expect(headers.warning).toBe(
      [
        `${service} "The following parameters are not supported and have been ignored: Colour, b???"`,
        `${service} "There are 4 additional results that can be requested"`,
      ].join(', '),
    );
  });

  it.each<[string, Partial<ArchiveQuery['match'][number]>]>([
    ['emptyvaluematching=true&PatientID=%22%22', { values: [], isEmpty: true }],
    ['PatientID=%22%22', { values: ['""'] }],
    ['multiplevaluematching=true&PatientID=A%5CB', { values: ['A', 'B'] }],
    ['multiplevaluematching=true&PatientID=A,B', { values: ['A,B'] }],
    ['PatientID=A%5CB', { values: ['A\\B'] }],
  ])('reads ?%s as one key', async (query, key) => {
    expect((await get(`/studies?${query}`)).headers.warning).toBeUndefined();
    expect(asked().match).toEqual([{ path: ['00100020'], vr: 'LO', ...key }]);
  });

  it('orders by what orderby names, and says what it cannot', async () => {
    const { headers } = await get(
      '/studies?orderby=-StudyDate,%2BPatientName&orderby=Colour,RequestAttributesSequence',
    );
    expect(asked().orderBy).toEqual([
      { tag: '00080020', descending: true },
      { tag: '00100010', descending: false },
    ]);
    expect(headers.warning).toContain('ignored: orderby=Colour, orderby=RequestAttributesSequence"');
  });

  it.each<[string, Partial<ArchiveQuery>]>([
    ['/patients/count', { level: 'patient' }],
    ['/studies/count', { level: 'study' }],
    ['/series/count', { level: 'series' }],
    ['/instances/count', { level: 'instance' }],
    ['/studies/1.2/series/count', { level: 'series', StudyInstanceUID: '1.2' }],
    ['/studies/1.2/instances/count', { level: 'instance', StudyInstanceUID: '1.2' }],
    ['/studies/1.2/series/1.3/instances/count', { level: 'instance', SeriesInstanceUID: '1.3' }],
  ])('counts %s', async (path, query) => {
    search.mockReturnValue({ matches: [{}], remaining: 41 });
    const response = await get(`${path}?PatientID=x&limit=7`);
    expect([response.status, response.body]).toEqual([200, { count: 42 }]);
    expect(asked()).toMatchObject({ ...query, match: [{ values: ['x'] }] });
  });

  it('gives CSV', async () => {
    search.mockReturnValue({
      matches: [
        {
          '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Doe^J', Ideographic: '山田' }] },
          '00081030': { vr: 'LO', Value: ['a "b", c'] },
        },
        { '00081030': { vr: 'LO', Value: ['=1+1'] }, '00080061': { vr: 'CS', Value: ['CT', 'MR'] } },
      ],
      remaining: 0,
    });
    const { text, headers } = await get('/patients').set('Accept', 'text/csv');
    expect(headers['content-type']).toBe('text/csv');
    expect(text).toBe(
      `ModalitiesInStudy,StudyDescription,PatientName\r\n,"a ""b"", c",Doe^J=山田\r\nCT\\MR,'=1+1,\r\n`,
    );
  });

  it('passes fuzzymatching on', async () => {
    await get('/studies?fuzzymatching=true');
    expect(asked().fuzzy).toBe(true);
    search.mockClear();
    await get('/studies?fuzzymatching=false');
    expect(asked().fuzzy).toBe(false);
  });

  it('counts all matches, also from beyond the last page', async () => {
    search.mockReturnValueOnce({ matches: [{}, {}], remaining: 5 });
    expect((await get('/studies?offset=3&limit=2')).headers['x-total-count']).toBe('10');
    search.mockReturnValueOnce({ matches: [], remaining: 0 }).mockReturnValueOnce({ matches: [{}], remaining: 9 });
    expect((await get('/studies?offset=100')).headers['x-total-count']).toBe('10');
  });

  const match = {
    '00080018': { vr: 'UI', Value: ['1.4'] },
    '0020000D': { vr: 'UI', Value: ['1.2'] },
    '0020000E': { vr: 'UI', Value: ['1.3'] },
    '00400275': { vr: 'SQ', Value: [{ '00400009': { vr: 'SH' }, '00080050': { vr: 'SH' } }, {}] },
    '54000100': { vr: 'SQ' },
  };

  it.each<[string, string | undefined]>([
    ['/patients', undefined],
    ['/studies', '/studies/1.2'],
    ['/series', '/studies/1.2/series/1.3'],
    ['/instances', '/studies/1.2/series/1.3/instances/1.4'],
  ])('adds the Retrieve URL for %s', async (path, url) => {
    search.mockReturnValue({ matches: [match], remaining: 0 });
    const [found] = (await get(path)).body as Record<string, { vr: string; Value: string[] }>[];
    const expected = url && { vr: 'UR', Value: [`https://pacs.example/archive/dicom-web${url}`] };
    expect(found?.['00081190']).toEqual(expected);
  });

  it('writes keys in ascending order at every level', async () => {
    search.mockReturnValue({ matches: [match], remaining: 0 });
    const response = await get('/instances').responseType('blob');
    const text = (response.body as Buffer).toString();
    expect(text.match(/[0-9A-F]{8}(?=":\{)/g)).toEqual([
      '00080018',
      '00081190',
      '0020000D',
      '0020000E',
      '00400275',
      '00080050',
      '00400009',
      '54000100',
    ]);
  });

  it('leaves out ModalitiesInStudy where no series has a modality', async () => {
    const study = { '0020000D': { vr: 'UI', Value: ['1.2'] } };
    search.mockReturnValue({
      matches: [
        { '00080061': { vr: 'CS' }, ...study },
        { '00080061': { vr: 'CS', Value: ['CT'] }, ...study },
      ],
      remaining: 0,
    });
    const { body } = (await get('/studies')) as { body: object[] };
    expect(body.map((match) => '00080061' in match)).toEqual([false, true]);
  });

  it('makes URLs from the request when there is no public one, and trusts no forwarded header', async () => {
    search.mockReturnValue({ matches: [match], remaining: 0 });
    const response = await request(httpAppOver(archive))
      .get('/dicom-web/studies')
      .set('Host', 'localhost:8080')
      .set('X-Forwarded-Host', 'evil.example')
      .set('Forwarded', 'host=evil.example;proto=https');
    const [found] = response.body as Record<string, { Value: string[] }>[];
    expect(found?.['00081190']?.Value).toEqual(['http://localhost:8080/dicom-web/studies/1.2']);
  });

  it.each(['localhost', '127.0.0.1', '[::1]'])(
    'adds its port to the Host %s, whose client left it out',
    async (host) => {
      search.mockReturnValue({ matches: [match], remaining: 0 });
      const server = httpAppOver(archive).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const response = await request(server).get('/dicom-web/studies').set('Host', host);
      server.close();
      const [found] = response.body as Record<string, { Value: string[] }>[];
      expect(found?.['00081190']?.Value).toEqual([`http://${host}:${port}/dicom-web/studies/1.2`]);
    },
  );

  it('compresses for clients that take it, under another ETag', async () => {
    const plain = await get('/studies').set('Accept-Encoding', 'identity');
    const packed = await get('/studies').set('Accept-Encoding', 'gzip, deflate, br, zstd');
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.body).toEqual([]);
    expect(packed.headers.etag).not.toBe(plain.headers.etag);
    expect(
      (await get('/studies').set('If-None-Match', String(plain.headers.etag)).set('Accept-Encoding', 'identity'))
        .status,
    ).toBe(304);
  });

  it.each<[string, string, number]>([
    ['/studies', 'application/dicom+xml', 406],
    ['/studies', 'multipart/related; type="application/dicom+xml"', 200],
    ['/studies', 'application/dicom+json, multipart/related; type=application/octet-stream', 200],
    ['/studies/x/series', '*/*', 400],
  ])('%s with Accept %s answers %i', async (path, accept, status) => {
    expect((await get(path).set('Accept', accept)).status).toBe(status);
  });

  it('has an XML part for each match, and none but the end when nothing is found', async () => {
    expect((await getXml('/studies')).body).toMatch(/^--\w+--$/);
    search.mockReturnValue({
      matches: [
        { '0020000D': { vr: 'UI', Value: ['1.2'] }, '00080061': { vr: 'CS' } },
        { '0020000D': { vr: 'UI', Value: ['1.3'] } },
      ],
      remaining: 0,
    });
    const { headers, body } = await getXml('/studies');
    expect([headers['content-type'], headers['x-total-count']]).toEqual([
      expect.stringMatching(/^multipart\/related; type="application\/dicom\+xml"; boundary=\w+$/),
      '2',
    ]);
    expect([...body.matchAll(/<DicomAttribute .*?<\/DicomAttribute>/g)].map(([attribute]) => attribute)).toEqual([
      '<DicomAttribute tag="00081190" vr="UR"><Value number="1">https://pacs.example/archive/dicom-web/studies/1.2</Value></DicomAttribute>',
      '<DicomAttribute tag="0020000D" vr="UI" keyword="StudyInstanceUID"><Value number="1">1.2</Value></DicomAttribute>',
      '<DicomAttribute tag="00081190" vr="UR"><Value number="1">https://pacs.example/archive/dicom-web/studies/1.3</Value></DicomAttribute>',
      '<DicomAttribute tag="0020000D" vr="UI" keyword="StudyInstanceUID"><Value number="1">1.3</Value></DicomAttribute>',
    ]);
  });

  it('knows no other method for a search', async () => {
    const response = await request(app).delete('/dicom-web/series');
    expect([response.status, response.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});
