import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { Archive, FoundInstance, ResourceUids } from '../../archive/archive.js';
import { existingFrames } from '../../archive/retrieve/existing-frames.js';
import type { Payload, RenderedOptions } from '../../archive/stored-instance.js';
import { LedgerError } from '../../base/errors.js';
import { getFrom } from '../testing/get-from.js';
import { httpAppOver } from '../testing/http-app-over.js';

const explicitLE = '1.2.840.10008.1.2.1';
const jpegBaseline = '1.2.840.10008.1.2.4.50';
const [jpegLs, j2k, htj2k] = ['1.2.840.10008.1.2.4.80', '1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.201'];
const preview = Buffer.from('the stored preview');

interface Stored {
  ids: [study: string, series: string, instance: string];
  state: FoundInstance['state'];
  syntax: string;
  decodable: boolean;
  frameCount: number;
  /** What it says of its Lossy Image Compression. */
  lossy?: '00' | '01';
  /** Its pixels turn out to be damaged. */
  damaged?: boolean;
}

const stored: Stored[] = [
  { ids: ['1.1', '1.1.1', '1.1.1.1'], state: 'sealed', syntax: explicitLE, decodable: true, frameCount: 3 },
  { ids: ['1.1', '1.1.1', '1.1.1.2'], state: 'sealed', syntax: jpegBaseline, decodable: false, frameCount: 1 },
  { ids: ['1.1', '1.1.1', '1.1.1.3'], state: 'sealed', syntax: jpegBaseline, decodable: true, frameCount: 1 },
  { ids: ['1.2', '1.2.1', '1.2.1.1'], state: 'announced', syntax: explicitLE, decodable: true, frameCount: 1 },
  { ids: ['1.3', '1.3.1', '1.3.1.1'], state: 'retired', syntax: explicitLE, decodable: true, frameCount: 1 },
  { ids: ['1.4', '1.4.1', '1.4.1.1'], state: 'sealed', syntax: jpegBaseline, decodable: false, frameCount: 1 },
  ...['1.5.1.1', '1.5.1.2', '1.5.1.3'].map((uid): Stored => {
    const ids: Stored['ids'] = ['1.5', '1.5.1', uid];
    return { ids, state: 'sealed', syntax: explicitLE, decodable: true, frameCount: uid === '1.5.1.1' ? 1 : 0 };
  }),
  ...[
    { syntax: j2k },
    { syntax: j2k, damaged: true },
    { syntax: '1.2.840.10008.1.2.4.91', lossy: '00' as const },
    { syntax: '1.2.840.10008.1.2.4.91', lossy: '01' as const },
    { syntax: jpegBaseline },
    { syntax: '1.2.3', decodable: false },
  ].map((differing, at): Stored => {
    const ids: Stored['ids'] = ['1.6', '1.6.1', `1.6.1.${at + 1}`];
    return { ids, state: 'sealed', decodable: true, frameCount: 1, ...differing };
  }),
];

const instances = stored.map(
  ({ ids: [StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID], state, syntax, frameCount, lossy }) =>
    ({
      StudyInstanceUID,
      SeriesInstanceUID,
      SOPInstanceUID,
      state,
      transferSyntaxUID: syntax,
      sha256: SOPInstanceUID,
      instance: {
        ...(frameCount > 0 && { '00280010': { vr: 'US', Value: [8] } }),
        ...(lossy && { '00282110': { vr: 'CS', Value: [lossy] } }),
      },
    }) as FoundInstance,
);

const one = (uid: string): Stored => stored.find(({ ids }) => ids[2] === uid) as Stored;
const within = (ids: ResourceUids) => (instance: FoundInstance) =>
  Object.entries(ids).every(([key, value]) => instance[key as keyof ResourceUids] === value);

/** How often bytes of an instance were asked for. */
let reads = 0;

function payload(text: string, mediaType: string, transferSyntaxUID?: string): Payload {
  const bytes = Buffer.from(text);
  return {
    mediaType,
    ...(transferSyntaxUID === undefined ? {} : { transferSyntaxUID }),
    byteCount: bytes.length,
    etag: text,
    async *open() {
      reads++;
      for (let at = 0; at < bytes.length; at += 5) yield bytes.subarray(at, at + 5);
    },
  };
}

const archive = {
  instances: async (ids: ResourceUids) => instances.filter(within(ids)).filter(({ state }) => state !== 'retired'),
  isGone: async (ids: ResourceUids) => instances.some(within(ids)),
  async *metadata(ids: ResourceUids) {
    for (const { SOPInstanceUID } of instances.filter(within(ids)))
      yield `{"00080018":{"vr":"UI","Value":["${SOPInstanceUID}"]},"7FE00010":{"vr":"OW","BulkDataURI":"studies/x"}}`;
  },
  fileAtHand: () => undefined,
  isOwn: () => false,
  canRepresent: ({ SOPInstanceUID }: FoundInstance, as: string) => as === 'stored' || one(SOPInstanceUID).decodable,
  open: async ({ SOPInstanceUID, transferSyntaxUID }: FoundInstance) => ({
    frameCount: one(SOPInstanceUID).frameCount,
    existingFrames: (wanted: number[]) =>
      existingFrames(wanted, { SOPInstanceUID, frameCount: one(SOPInstanceUID).frameCount }),
    canRepresentFrames: (as: string) => as === 'stored' || one(SOPInstanceUID).decodable,
    bulkPaths: ['00420011', '00420011/0/00420011', ...(one(SOPInstanceUID).frameCount > 0 ? ['7FE00010'] : [])],
    instance: async (as: string) => {
      reads++;
      if (one(SOPInstanceUID).damaged && as !== 'stored') throw new LedgerError('not-acceptable', 'It is damaged.');
      return payload(`${SOPInstanceUID} ${as}`, 'application/dicom', as === 'stored' ? transferSyntaxUID : as);
    },
    frame: async (number: number, as: string) => {
      reads++;
      return payload(`frame ${number} ${as}`, 'image/any', as === 'stored' ? transferSyntaxUID : as);
    },
    bulkData: async (path: string) => {
      if (path === '00420011') return payload('%PDF', 'application/pdf');
      if (path === '00420011/0/00420011') return payload('<script>', 'text/html');
      if (path === '7FE00010') return payload('all pixels', 'application/octet-stream', transferSyntaxUID);
      throw new LedgerError('not-found', `No value at ${path}.`);
    },
    rendered: async ({ mediaType, frames }: RenderedOptions) => ({
      ...payload(`${SOPInstanceUID} ${frames?.join() ?? 'middle'} as ${mediaType}`, mediaType),
      isAnnotated: true,
    }),
  }),
  thumbnail: async (_instance: FoundInstance, mediaType = 'image/jpeg') => payload(preview.toString(), mediaType),
  renderedTypes: ({ SOPInstanceUID }: FoundInstance) =>
    one(SOPInstanceUID).frameCount > 0 ? ['image/jpeg', 'image/png', 'image/gif'] : [],
  attribute: () => undefined,
} as unknown as Archive;

const app = httpAppOver(archive, { publicUrl: 'https://pacs.example' });

const i1 = '/studies/1.1/series/1.1.1/instances/1.1.1.1';
const i2 = '/studies/1.1/series/1.1.1/instances/1.1.1.2';
const i3 = '/studies/1.1/series/1.1.1/instances/1.1.1.3';
const announced = '/studies/1.2/series/1.2.1/instances/1.2.1.1';
const retired = '/studies/1.3/series/1.3.1/instances/1.3.1.1';
const related = (type: string, syntax?: string) =>
  `multipart/related; type="${type}"${syntax === undefined ? '' : `; transfer-syntax=${syntax}`}`;
const pixels = related('application/octet-stream', '*');

const get = getFrom(app);

/** What the archive was asked for, in the order of the parts. */
const sent = (body: string) => body.match(/^1\.\d\.1\.\d [\w.]+/gm);

describe('Retrieve', () => {
  it.each<[string, string, number]>([
    ['/studies/1.1', related('application/dicom', '*'), 200],
    ['/studies/1.1', related('application/dicom'), 206],
    ['/studies/1.1', '*/*', 200],
    ['/studies/1.1', 'application/dicom', 406],
    ['/studies/1.1', related('application/dicom', j2k), 206],
    ['/studies/1.1', related('application/dicom', '1.2.840.10008.1.2.4.51'), 406],
    ['/studies/1.4', related('application/dicom'), 406],
    ['/studies/1.4', related('application/dicom', j2k), 406],
    ['/studies/1.4', related('application/dicom', jpegBaseline), 200],
    ['/studies/1.4', '*/*', 200],
    ['/studies/1.2', '*/*', 503],
    ['/studies/1.3', '*/*', 410],
    ['/studies/1.9', '*/*', 404],
    ['/studies/1.1x', '*/*', 400],
    [`/studies/${'1'.repeat(64)}`, '*/*', 404],
    [`/studies/${'1'.repeat(65)}`, '*/*', 400],
    ['/studies/1.1/series/1.1.1', related('application/dicom', '*'), 200],
    ['/studies/1.1', 'application/zip', 206],
    ['/studies/1.1', 'application/zip; transfer-syntax=*', 200],
    ['/studies/1.4', 'application/zip', 406],
    [i1, 'application/zip', 200],
    [announced, 'application/zip', 503],
    [retired, 'application/zip', 410],
    ['/studies/1.1', related('application/octet-stream'), 200],
    ['/studies/1.1', related('application/octet-stream', explicitLE), 206],
    [i1, related('application/octet-stream'), 200],
    ['/studies/1.1/bulkdata', '*/*', 200],
    ['/studies/1.1/bulkdata', 'application/octet-stream', 406],
    ['/studies/1.1/bulkdata', related('image/jpeg'), 406],
    ['/studies/1.1/series/1.1.1/bulkdata', related('application/octet-stream', '*'), 200],
    [`${i1}/bulkdata`, '*/*', 200],
    ['/studies/1.1/pixeldata', related('image/jpeg'), 206],
    ['/studies/1.1/pixeldata', related('image/jls'), 406],
    ['/studies/1.5/pixeldata', '*/*', 200],
    [`${i1}/pixeldata`, 'application/octet-stream', 200],
    [`${i2}/pixeldata`, 'image/jpeg', 200],
    ['/studies/1.5/series/1.5.1/instances/1.5.1.2/pixeldata', '*/*', 404],
    [`${announced}/pixeldata`, '*/*', 503],
    [`${announced}/bulkdata`, '*/*', 503],
    [`${retired}/bulkdata`, '*/*', 410],
    ['/studies/1.1/metadata?charset=iso-8859-1', '*/*', 400],
    ['/studies/1.1/metadata?charset=utf-8', '*/*', 200],
    ['/studies/1.1/series/9', '*/*', 404],
    [i1, 'application/dicom', 200],
    [i1, 'image/gif', 406],
    [i2, 'application/dicom', 406],
    [i2, 'application/dicom; transfer-syntax=*', 200],
    [i2, `application/dicom; transfer-syntax=${jpegBaseline}`, 200],
    [i1.replace('1.1.1/instances', '1.2.1/instances'), '*/*', 404],
    [announced, '*/*', 503],
    [retired, '*/*', 410],
    [`${i1}/frames/1`, pixels, 200],
    [`${i1}/frames/3`, pixels, 200],
    [`${i1}/frames/4`, pixels, 404],
    [`${i1}/frames/3,4`, pixels, 206],
    [`${i1}/frames/3%2C1`, pixels, 200],
    [`${i1}/frames/0`, pixels, 400],
    [`${i1}/frames/-1`, pixels, 400],
    [`${i1}/frames/abc`, pixels, 400],
    [`${i1}/frames/1,,2`, pixels, 400],
    [`${i1}/frames/1,2`, 'application/octet-stream', 406],
    [`${i1}/frames/1`, 'image/jpx', 406],
    [`${i2}/frames/1`, 'application/octet-stream', 406],
    [`${announced}/frames/1`, pixels, 503],
    [`${retired}/frames/1`, pixels, 410],
    ['/studies/1.1/metadata', 'application/dicom+json', 200],
    [`${announced}/metadata`, 'application/json', 200],
    [`${i1}/metadata`, related('application/dicom+xml'), 200],
    [`${retired}/metadata`, '*/*', 410],
    [`${i1}/bulkdata/00420011`, '*/*', 200],
    [`${i1}/bulkdata/00420011`, 'image/gif', 406],
    [`${i1}/bulkdata/00420099`, '*/*', 404],
    [`${announced}/bulkdata/00420011`, '*/*', 503],
    [`${announced}/thumbnail`, 'image/jpeg', 200],
    [`${announced}/rendered`, 'image/jpeg', 503],
    [`${retired}/thumbnail`, 'image/jpeg', 410],
    [`${i1}/thumbnail`, 'image/gif', 200],
    [`${i1}/thumbnail`, related('image/png'), 200],
    [`${i1}/thumbnail`, 'image/bmp', 406],
    [`${i1}/thumbnail?viewport=0,10`, '*/*', 400],
    [`${i1}/thumbnail?viewport=a`, '*/*', 400],
    [`${i1}/thumbnail?viewport=10,10,0,0,5,5`, '*/*', 400],
    [`${i1}/frames/2/rendered`, 'image/jpeg', 200],
    [`${i1}/frames/4/rendered`, 'image/jpeg', 404],
    [`${i1}/frames/1,2/rendered`, 'image/jpeg', 200],
    [`${i1}/frames/0/thumbnail`, 'image/jpeg', 400],
  ])('%s with Accept %s answers %i', async (path, accept, status) => {
    expect((await get(path, { Accept: accept })).status).toBe(status);
  });

  it('sends a study as parts that say what and where they are', async () => {
    const { headers, body } = await get('/studies/1.1', { Accept: related('application/dicom', '*') });
    expect(headers['content-type']).toMatch(/^multipart\/related; type="application\/dicom"; boundary=\S{32,}$/);
    const parts = body.split(/\r?\n?--[0-9a-f]{32}(?:--)?\r?\n?/).filter((part) => part !== '');
    const at = 'https://pacs.example/dicom-web/studies/1.1/series/1.1.1/instances';
    expect(parts).toEqual([
      `Content-Type: application/dicom; transfer-syntax=${explicitLE}\r\nContent-Length: 14\r\nContent-Location: ${at}/1.1.1.1\r\n\r\n1.1.1.1 stored`,
      `Content-Type: application/dicom; transfer-syntax=${jpegBaseline}\r\nContent-Length: 14\r\nContent-Location: ${at}/1.1.1.2\r\n\r\n1.1.1.2 stored`,
      `Content-Type: application/dicom; transfer-syntax=${jpegBaseline}\r\nContent-Length: 14\r\nContent-Location: ${at}/1.1.1.3\r\n\r\n1.1.1.3 stored`,
    ]);
  });

  it('leaves out what cannot be had as asked and says so', async () => {
    const { headers, body } = await get('/studies/1.1', { Accept: related('application/dicom') });
    expect(sent(body)).toEqual(['1.1.1.1 stored', `1.1.1.3 ${explicitLE}`]);
    expect(headers.warning).toMatch(/^299 https:\/\/pacs\.example\/dicom-web "1 of 3 instances /);
  });

  it.each([undefined, '*/*', related('*/*'), 'image/avif, */*;q=0.8'])(
    'gives Explicit VR Little Endian when anything will do (%s), and as stored what is lossy or not to be decoded',
    async (accept) => {
      const { status, body } = await get('/studies/1.6', accept === undefined ? {} : { Accept: accept });
      expect([status, sent(body)]).toEqual([
        200,
        [
          `1.6.1.1 ${explicitLE}`,
          '1.6.1.2 stored',
          `1.6.1.3 ${explicitLE}`,
          '1.6.1.4 stored',
          '1.6.1.5 stored',
          '1.6.1.6 stored',
        ],
      ]);
    },
  );

  it('validates what is given as stored because it is damaged', async () => {
    const damaged = '/studies/1.6/series/1.6.1/instances/1.6.1.2';
    const first = await get(damaged, { Accept: 'application/*' });
    expect([first.status, first.headers['content-type'], first.body]).toEqual([
      200,
      `application/dicom; transfer-syntax=${j2k}`,
      '1.6.1.2 stored',
    ]);
    const again = await get(damaged, { Accept: 'application/*', 'If-None-Match': String(first.headers.etag) });
    expect([again.status, again.headers.etag]).toEqual([304, first.headers.etag]);
    const named = await get(damaged, { Accept: 'application/dicom' });
    expect(named.status).toBe(406);
  });

  it('compresses what is not stored so when a lossless transfer syntax is asked for by name', async () => {
    const { body } = await get('/studies/1.1', { Accept: related('application/dicom', htj2k) });
    expect(sent(body)).toEqual([`1.1.1.1 ${htj2k}`, `1.1.1.3 ${htj2k}`]);
    const single = await get(i1, { Accept: `application/dicom; transfer-syntax=${jpegLs}` });
    expect([single.headers['content-type'], single.body]).toEqual([
      `application/dicom; transfer-syntax=${jpegLs}`,
      `1.1.1.1 ${jpegLs}`,
    ]);
  });

  it.each<[string, string, string, string]>([
    ['an uncompressed frame', i1, '*/*', `application/octet-stream; transfer-syntax=${explicitLE}`],
    ['an uncompressed frame', i1, related('image/jls'), `image/jls; transfer-syntax=${jpegLs}`],
    ['an uncompressed frame', i1, related('image/jp2'), `image/jp2; transfer-syntax=${j2k}`],
    ['an uncompressed frame', i1, related('image/jphc'), `image/jphc; transfer-syntax=${htj2k}`],
    ['an uncompressed frame', i1, related('image/jpeg'), 'image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.70'],
    ['an uncompressed frame', i1, related('image/dicom-rle'), 'image/dicom-rle; transfer-syntax=1.2.840.10008.1.2.5'],
    ...['4.50', '4.57'].map((end): [string, string, string, string] => {
      const type = `image/jpeg; transfer-syntax=1.2.840.10008.1.2.${end}`;
      return ['an uncompressed frame', i1, related('image/jpeg', `1.2.840.10008.1.2.${end}`), type];
    }),
    [
      'an uncompressed frame',
      i1,
      related('application/octet-stream', j2k),
      `application/octet-stream; transfer-syntax=${j2k}`,
    ],
    [
      'an uncompressed frame',
      i1,
      `${related('image/jls')}, ${related('application/octet-stream')}`,
      `application/octet-stream; transfer-syntax=${explicitLE}`,
    ],
    [
      'an uncompressed frame',
      i1,
      `${related('image/jp2', j2k)}, ${pixels}`,
      `application/octet-stream; transfer-syntax=${explicitLE}`,
    ],
    [
      'a compressed frame',
      i3,
      `${related('image/jp2', j2k)}, ${pixels}`,
      `application/octet-stream; transfer-syntax=${jpegBaseline}`,
    ],
    ['a compressed frame', i3, '*/*', `image/jpeg; transfer-syntax=${jpegBaseline}`],
    ['a compressed frame', i3, related('image/*'), `image/jpeg; transfer-syntax=${jpegBaseline}`],
    ['a compressed frame', i3, pixels, `application/octet-stream; transfer-syntax=${jpegBaseline}`],
    [
      'a compressed frame',
      i3,
      related('application/octet-stream'),
      `application/octet-stream; transfer-syntax=${explicitLE}`,
    ],
    ['a compressed frame', i3, related('image/jls', jpegLs), `image/jls; transfer-syntax=${jpegLs}`],
    [
      'a compressed frame',
      i3,
      `${related('image/jls')}, ${related('image/jpeg')}`,
      `image/jpeg; transfer-syntax=${jpegBaseline}`,
    ],
  ])('gives %s of %s for %s as %s', async (_what, path, accept, contentType) => {
    const { status, body } = await get(`${path}/frames/1`, { Accept: accept });
    expect([status, /\r\nContent-Type: ([^\r]*)/.exec(body)?.[1]]).toEqual([200, contentType]);
  });

  it('lists at 406 what there is of this instance', async () => {
    const { body } = await get(`${i2}/frames/1`, { Accept: 'image/jls' });
    expect(body).toContain(`image/jpeg; transfer-syntax=${jpegBaseline}`);
    expect(body).not.toContain('image/jls; transfer');
    const decodable = await get(i1, { Accept: 'application/dicom; transfer-syntax=1.2.3' });
    for (const syntax of [explicitLE, jpegLs, j2k, htj2k])
      expect(decodable.body).toContain(`application/dicom; transfer-syntax=${syntax}`);
  });

  it('sends frames in the order of the list, each once', async () => {
    const { body } = await get(`${i1}/frames/3,1,3,2`, { Accept: pixels });
    expect(body.match(/frame \d/g)).toEqual(['frame 3', 'frame 1', 'frame 2']);
  });

  it.each<[string, string, RegExp]>([
    [
      `${i2}/frames/1`,
      pixels,
      /\r\nContent-Type: application\/octet-stream; transfer-syntax=1\.2\.840\.10008\.1\.2\.4\.50\r\n/,
    ],
    [
      `${i2}/frames/1`,
      related('image/jpeg'),
      /\r\nContent-Type: image\/jpeg; transfer-syntax=1\.2\.840\.10008\.1\.2\.4\.50\r\n/,
    ],
    [
      `${i1}/frames/1`,
      '*/*',
      /\r\nContent-Type: application\/octet-stream; transfer-syntax=1\.2\.840\.10008\.1\.2\.1\r\n/,
    ],
  ])('labels the part of %s for %s exactly', async (path, accept, header) => {
    expect((await get(path, { Accept: accept })).body).toMatch(header);
  });

  it('sends one frame as a single part to whom asks so', async () => {
    const { headers, body } = await get(`${i2}/frames/1`, { Accept: 'image/jpeg' });
    expect([headers['content-type'], body]).toEqual([`image/jpeg; transfer-syntax=${jpegBaseline}`, 'frame 1 stored']);
  });

  it('streams metadata as one array with absolute URIs', async () => {
    const { headers, body } = await get('/studies/1.1/metadata');
    expect(headers['content-type']).toBe('application/dicom+json');
    const found = JSON.parse(body) as Record<string, { BulkDataURI?: string }>[];
    expect(found.map((dataSet) => dataSet['7FE00010']?.BulkDataURI)).toEqual(
      Array(3).fill('https://pacs.example/dicom-web/studies/x'),
    );
  });

  it.each<[string, string, string, string]>([
    ['00420011', '*/*', 'application/pdf', '%PDF'],
    ['00420011', 'application/octet-stream', 'application/octet-stream', '%PDF'],
    ['00420011/0/00420011', '*/*', 'application/octet-stream', '<script>'],
  ])('sends bulk data %s for %s as %s', async (path, accept, contentType, text) => {
    const { headers, body } = await get(`${i1}/bulkdata/${path}`, { Accept: accept });
    expect([headers['content-type'], body]).toEqual([contentType, text]);
  });

  it('sends bulk data as multipart when asked', async () => {
    const { headers } = await get(`${i1}/bulkdata/00420011`, {
      Accept: `${related('application/pdf')}, ${related('application/octet-stream')}`,
    });
    expect(headers['content-type']).toContain('multipart/related; type="application/pdf"');
  });

  it.each(['/studies/1.1', '/studies/1.1/series/1.1.1', i1, `${i1}/frames/1`])(
    'gives the stored preview of %s, whatever the viewport',
    async (parent) => {
      const { headers, body } = await get(`${parent}/thumbnail?viewport=256%2C256`, { Accept: 'image/jpeg' });
      expect([headers['content-type'], body]).toEqual(['image/jpeg', preview.toString()]);
    },
  );

  it('renders what has pixels, where the middle of a study has none', async () => {
    expect((await get('/studies/1.5/rendered', { Accept: 'image/png' })).body).toBe('1.5.1.1 middle as image/png');
  });

  it('validates: a strong ETag for one representation, 304 without a body, another one for another', async () => {
    const first = await get(i3, { Accept: 'application/dicom' });
    expect(first.headers.etag).toMatch(/^"[^"]+"$/);
    expect(first.headers['cache-control']).toBe('private, no-cache');
    const again = await get(i3, { Accept: 'application/dicom', 'If-None-Match': String(first.headers.etag) });
    expect([again.status, again.body, again.headers.etag]).toEqual([304, '', first.headers.etag]);
    const other = await get(i3, {
      Accept: 'application/dicom; transfer-syntax=*',
      'If-None-Match': String(first.headers.etag),
    });
    expect(other.status).toBe(200);
    const list = await get('/studies/1.1/metadata');
    expect(list.headers['cache-control']).toBe('private, no-cache');
    expect((await get('/studies/1.1/metadata', { 'If-None-Match': String(list.headers.etag) })).status).toBe(304);
  });

  it.each([
    [i3, 'application/dicom'],
    [i3, 'application/dicom; transfer-syntax=*'],
    [`${i3}/frames/1`, 'application/octet-stream'],
    [`${i3}/frames/1`, 'image/jpeg'],
    [`${i1}/frames/1,2`, pixels],
    [`${i1}/bulkdata/00420011`, 'application/pdf'],
    [`${i1}/bulkdata/00420011`, related('application/pdf')],
  ])('answers 304 for %s as %s without reading a byte', async (path, accept) => {
    const first = await get(path, { Accept: accept });
    reads = 0;
    const again = await get(path, { Accept: accept, 'If-None-Match': String(first.headers.etag) });
    expect([first.status, again.status, again.headers.etag, reads]).toEqual([200, 304, first.headers.etag, 0]);
    expect(again.headers['cache-control']).toBe('private, no-cache');
  });

  it.each([`${i1}`, `${i1}/frames/1`, `${i1}/thumbnail`, '/studies/1.1/metadata'])('answers HEAD %s', async (path) => {
    const response = await request(app).head(`/dicom-web${path}`);
    expect([response.status, response.text ?? '']).toEqual([200, '']);
    expect(response.headers.etag).toBeDefined();
  });

  it('names the methods that there are', async () => {
    const response = await request(app).put(`/dicom-web${i1}`);
    expect([response.status, response.headers.allow]).toEqual([405, 'GET, DELETE, HEAD, OPTIONS']);
  });
});
