import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import {
  encapsulated,
  part10 as handMade,
  type HandMade,
  spell,
  type Spelling,
  text,
  words,
  image,
} from '../src/dicom/hand-made.js';
import {
  bytesOf,
  type DataSet,
  get,
  instancePath,
  partsOf,
  sha256,
  stored,
  storedSingle,
  stow,
  stowSingle,
} from './dicomweb-client.js';
import { ctSlice, newUid } from './make-dicom.js';
import { serverUnderTest } from './server.js';

let url: string;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  const server = await serverUnderTest();
  url = server.url;
  stop = () => server.stop();
});
afterAll(() => stop());

const explicit = '1.2.840.10008.1.2.1';
const multipartDicom = 'multipart/related; type="application/dicom"';
const multipartOctets = 'multipart/related; type="application/octet-stream"';

type Ids = { study: string; series: string; instance: string };
const someIds = (): Ids => ({ study: newUid(), series: newUid(), instance: newUid() });
const at = (ids: Ids): string => `${url}${instancePath(ids)}`;

const uids = ({ study, series, instance }: Ids): HandMade[] => [
  text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
  text(0x00080018, 'UI', instance),
  text(0x0020000d, 'UI', study),
  text(0x0020000e, 'UI', series),
];

/** Three 16-bit frames of 60 × 40, a nested sequence, and a private value of 5,000 bytes. */
function elements(ids: Ids): HandMade[] {
  const pixels = Uint16Array.from({ length: 3 * 60 * 40 }, (_, i) => (i * 37) & 0xfff);
  return [
    ...uids(ids),
    text(0x00080060, 'CS', 'OT'),
    text(0x00100010, 'PN', 'Muster^Erika'),
    text(0x00100020, 'LO', 'P-1'),
    { tag: 0x00081140, vr: 'SQ', value: [[text(0x00081155, 'UI', '1.2.3')], [text(0x00081155, 'UI', '1.2.4')]] },
    ...image(40, 60, { bits: 16, frames: 3 }),
    text(0x00280004, 'CS', 'MONOCHROME2'),
    words(0x00280101, 'US', 12),
    words(0x00280102, 'US', 11),
    text(0x00420010, 'ST', 'Document title'),
    { tag: 0x00420011, vr: 'OB', value: Buffer.alloc(5000, 'document ') },
    { tag: 0x7fe00010, vr: 'OW', value: Buffer.from(pixels.buffer) },
  ].sort((a, b) => a.tag - b.tag);
}

const dataSetOf = (file: Buffer): Buffer => {
  const metaLength = file.readUInt32LE(140);
  return file.subarray(144 + metaLength);
};
const spellings: (Spelling | 'deflated')[] = ['implicit', 'explicit', 'big', 'deflated'];

describe.each(spellings)('An instance in the spelling %s', (spelling) => {
  const ids = someIds();
  const file = handMade(elements(ids), { spelling, mediaStorageUid: ids.instance });
  const frame = (number: number) =>
    Buffer.from(Uint16Array.from({ length: 2400 }, (_, i) => ((i + (number - 1) * 2400) * 37) & 0xfff).buffer);
  beforeAll(async () => {
    expect((await stowSingle(url, file)).status).toBe(200);
  });

  it('comes as stored with transfer-syntax=*, single part and multipart', async () => {
    const single = await get(at(ids), storedSingle);
    expect(single.headers.get('Content-Type')).toMatch(/^application\/dicom; *transfer-syntax=/);
    expect(sha256(await bytesOf(single))).toBe(sha256(file));
    for (const path of [
      at(ids),
      `${url}/dicom-web/studies/${ids.study}`,
      `${url}/dicom-web/studies/${ids.study}/series/${ids.series}`,
    ]) {
      const parts = await partsOf(await get(path, stored));
      expect(parts.map(({ bytes }) => sha256(bytes))).toEqual([sha256(file)]);
      expect(parts[0]?.headers['content-type']).toMatch(/^application\/dicom/);
    }
  });

  it('comes in Explicit VR Little Endian unless asked for otherwise', async () => {
    for (const accept of ['application/dicom', `application/dicom; transfer-syntax=${explicit}`]) {
      const bytes = await bytesOf(await get(at(ids), accept));
      expect(bytes.includes(Buffer.from(`${explicit}\0`))).toBe(true);
      expect(sha256(dataSetOf(bytes))).toBe(sha256(spell(elements(ids), 'explicit')));
    }
    const [part] = await partsOf(await get(at(ids)));
    expect(sha256(dataSetOf(part?.bytes ?? Buffer.alloc(0)))).toBe(sha256(spell(elements(ids), 'explicit')));
  });

  it('gives its frames in little endian, in the order of the list', async () => {
    const parts = await partsOf(await get(`${at(ids)}/frames/3,1`, multipartOctets));
    expect(parts.map(({ bytes }) => sha256(bytes))).toEqual([sha256(frame(3)), sha256(frame(1))]);
    const single = await get(`${at(ids)}/frames/2`, 'application/octet-stream');
    expect(sha256(await bytesOf(single))).toBe(sha256(frame(2)));
  });

  it('gives metadata with a URI for each long value, which has its bytes', async () => {
    const [metadata] = (await (await get(`${at(ids)}/metadata`)).json()) as DataSet[];
    expect(metadata?.['00100010']).toEqual({ vr: 'PN', Value: [{ Alphabetic: 'Muster^Erika' }] });
    expect(metadata?.['00081140']?.Value).toHaveLength(2);
    expect(Object.keys(metadata ?? {})).toEqual(Object.keys(metadata ?? {}).sort());
    const document = await get(metadata?.['00420011']?.BulkDataURI ?? '');
    expect(sha256(await bytesOf(document))).toBe(sha256(Buffer.alloc(5000, 'document ')));
    const pixels = await get(metadata?.['7FE00010']?.BulkDataURI ?? '', 'application/octet-stream');
    expect(sha256(await bytesOf(pixels))).toBe(sha256(Buffer.concat([frame(1), frame(2), frame(3)])));
  });

  it('is rendered as JPEG and PNG and has a thumbnail', async () => {
    for (const format of ['jpeg', 'png']) {
      for (const path of [`${at(ids)}/rendered`, `${at(ids)}/frames/2/rendered`]) {
        const response = await get(path, `image/${format}`);
        const picture = await sharp(await bytesOf(response)).metadata();
        expect([picture.format, picture.width, picture.height]).toEqual([format, 60, 40]);
      }
    }
    const thumbnail = await get(`${at(ids)}/thumbnail`, 'image/jpeg');
    const bytes = await bytesOf(thumbnail);
    expect((await sharp(bytes).metadata()).format).toBe('jpeg');
    expect(bytes.length).toBeLessThanOrEqual(30_720);
    for (const path of [`/dicom-web/studies/${ids.study}`, `/dicom-web/studies/${ids.study}/series/${ids.series}`])
      expect(sha256(await bytesOf(await get(`${url}${path}/thumbnail`)))).toBe(sha256(bytes));
  });
});

describe('An instance in a compressed transfer syntax', () => {
  const ids = someIds();
  const jpeg = '1.2.840.10008.1.2.4.90';
  const fragment = Buffer.alloc(3000, 'codestream ');
  const file = handMade(
    Buffer.concat([
      spell(
        [...uids(ids), ...image(8, 8)].sort((a, b) => a.tag - b.tag),
        'explicit',
      ),
      encapsulated([fragment]),
    ]),
    {
      transferSyntaxUID: jpeg,
      mediaStorageUid: ids.instance,
    },
  );
  beforeAll(async () => {
    expect((await stowSingle(url, file)).status).toBe(200);
  });

  it('comes as stored for *, by its name and for a wildcard, and is 406 in Explicit VR Little Endian', async () => {
    for (const accept of [storedSingle, `application/dicom; transfer-syntax=${jpeg}`])
      expect(sha256(await bytesOf(await get(at(ids), accept)))).toBe(sha256(file));
    const [part] = await partsOf(await get(at(ids), '*/*'));
    expect(sha256(part?.bytes ?? Buffer.alloc(0))).toBe(sha256(file));
    expect((await get(at(ids), `application/dicom; transfer-syntax=${explicit}`)).status).toBe(406);
  });

  it('gives the bare codestream of a frame, and 501 for rendered', async () => {
    const frame = await get(`${at(ids)}/frames/1`, 'image/jp2');
    expect(frame.headers.get('Content-Type')).toMatch(/^image\/jp2/);
    expect(sha256(await bytesOf(frame))).toBe(sha256(fragment));
    const [part] = await partsOf(await get(`${at(ids)}/frames/1`, `${multipartOctets}; transfer-syntax=*`));
    expect(sha256(part?.bytes ?? Buffer.alloc(0))).toBe(sha256(fragment));
    expect((await get(`${at(ids)}/frames/1`, `${multipartOctets}; transfer-syntax=${explicit}`)).status).toBe(406);
    expect((await get(`${at(ids)}/rendered`)).status).toBe(501);
    expect((await get(`${at(ids)}/thumbnail`)).status).toBe(200);
  });
});

describe('Retrieve', () => {
  const study = newUid();
  const [first, second] = [
    { ...someIds(), study },
    { ...someIds(), study },
  ];
  const files = [first, second].map((ids, index) =>
    ctSlice(
      {
        StudyInstanceUID: ids.study,
        SeriesInstanceUID: ids.series,
        SOPInstanceUID: ids.instance,
        SeriesNumber: String(index + 1),
      },
      { size: 160 },
    ),
  );
  const [file = Buffer.alloc(0)] = files;
  beforeAll(async () => {
    expect((await stow(url, files)).status).toBe(200);
  });

  it('of a study gives all instances by series, metadata too', async () => {
    const parts = await partsOf(await get(`${url}/dicom-web/studies/${study}`, stored));
    expect(parts.map(({ bytes }) => sha256(bytes))).toEqual(files.map(sha256));
    const metadata = (await (await get(`${url}/dicom-web/studies/${study}/metadata`)).json()) as DataSet[];
    expect(metadata.map((one) => one['00080018']?.Value?.[0])).toEqual([first.instance, second.instance]);
  });

  it('answers 304 to the ETag it gave, of every kind of resource', async () => {
    const resources: [string, string?][] = [
      [at(first), storedSingle],
      [at(first), multipartDicom],
      [`${at(first)}/metadata`],
      [`${at(first)}/frames/1`, 'application/octet-stream'],
      [`${at(first)}/rendered`],
      [`${at(first)}/thumbnail`],
      [`${at(first)}/bulkdata/7FE00010`],
      [`${url}/dicom-web/studies?StudyInstanceUID=${study}`],
    ];
    for (const [path, accept] of resources) {
      const response = await get(path, accept);
      expect([path, response.status]).toEqual([path, 200]);
      await response.arrayBuffer();
      const etag = response.headers.get('ETag') ?? '';
      expect(etag).not.toBe('');
      const again = await get(path, accept, { 'If-None-Match': etag });
      expect([path, again.status]).toEqual([path, 304]);
      const other = await get(path, accept, { 'If-None-Match': '"other"' });
      expect([path, other.status]).toEqual([path, 200]);
      await other.arrayBuffer();
    }
  });

  it('gives ranges of the instance, of a frame and of bulk data, and 416 beyond', async () => {
    for (const [from, to] of [
      [0, 0],
      [30_719, 30_721],
      [100, 40_000],
    ] as const) {
      const response = await get(at(first), storedSingle, { Range: `bytes=${from}-${to}` });
      expect(response.status).toBe(206);
      expect(response.headers.get('Content-Range')).toBe(`bytes ${from}-${to}/${file.length}`);
      expect(sha256(await bytesOf(response))).toBe(sha256(file.subarray(from, to + 1)));
    }
    for (const value of ['frames/1', 'bulkdata/7FE00010']) {
      const tail = await get(`${at(first)}/${value}`, 'application/octet-stream', { Range: 'bytes=-10' });
      expect([value, tail.status, await bytesOf(tail)]).toEqual([value, 206, file.subarray(-10)]);
    }
    const whole = await bytesOf(await get(`${at(first)}/rendered`, 'image/png'));
    const picture = await get(`${at(first)}/rendered`, 'image/png', { Range: 'bytes=5-50' });
    expect(await bytesOf(picture)).toEqual(whole.subarray(5, 51));
    const beyond = await get(at(first), storedSingle, { Range: `bytes=${file.length}-` });
    expect([beyond.status, beyond.headers.get('Content-Range')]).toEqual([416, `bytes */${file.length}`]);
  });

  it('answers HEAD like GET without body', async () => {
    const response = await fetch(at(first), { method: 'HEAD', headers: { Accept: storedSingle } });
    expect([response.status, response.headers.get('Content-Length')]).toEqual([200, String(file.length)]);
    expect((await bytesOf(response)).length).toBe(0);
  });

  it('lets the accept query parameter win over the header', async () => {
    const path = `${at(first)}?accept=${encodeURIComponent(storedSingle)}`;
    const response = await get(path, 'application/json');
    expect(sha256(await bytesOf(response))).toBe(sha256(file));
  });

  it('answers 404 for what is not there', async () => {
    const unknown = newUid();
    for (const path of [
      `/studies/${unknown}`,
      `/studies/${unknown}/metadata`,
      `/studies/${study}/series/${unknown}`,
      // The second instance is in another series.
      `/studies/${study}/series/${first.series}/instances/${second.instance}`,
      `/studies/${study}/series/${first.series}/instances/${first.instance}/frames/2`,
      `/studies/${study}/series/${first.series}/instances/${first.instance}/bulkdata/00100010`,
      '/nonsense',
    ])
      expect([path, (await get(`${url}/dicom-web${path}`)).status]).toEqual([path, 404]);
  });

  it('answers 400 for what is no UID or no list of frames', async () => {
    for (const path of ['/studies/abc', '/studies/abc/metadata', `/studies/${study}/series/1_2`])
      expect([path, (await get(`${url}/dicom-web${path}`)).status]).toEqual([path, 400]);
    for (const list of ['0', 'a', '1,,2', '-1', '1,0'])
      expect([list, (await get(`${at(first)}/frames/${list}`)).status]).toEqual([list, 400]);
  });

  it('answers 405 with Allow, 406 with what there is, and 501 for what is not there yet', async () => {
    const put = await fetch(at(first), { method: 'PUT', body: 'x' });
    expect([put.status, put.headers.get('Allow')]).toEqual([405, 'GET, DELETE, HEAD']);
    for (const [path, accept] of [
      ['', 'text/html'],
      ['', 'application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90'],
      ['/metadata', 'application/dicom'],
      ['/frames/1', 'image/jp2'],
      ['/rendered', 'image/gif'],
    ] as const) {
      const response = await get(`${at(first)}${path}`, accept);
      expect([path, accept, response.status]).toEqual([path, accept, 406]);
    }
    expect((await get(`${url}/dicom-web/studies/${study}`, storedSingle)).status).toBe(406);
    for (const path of [`/studies/${study}/bulkdata`, `/studies/${study}/pixeldata`, '/workitems'])
      expect([path, (await get(`${url}/dicom-web${path}`)).status]).toEqual([path, 501]);
  });

  it('can be called by pages of other origins, errors too', async () => {
    const headers = { Origin: 'https://viewer.example' };
    for (const path of ['/dicom-web/studies', `/dicom-web/studies/${newUid()}/metadata`]) {
      const response = await get(`${url}${path}`, undefined, headers);
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
      expect(response.headers.get('Access-Control-Expose-Headers')).toContain('Warning');
    }
    const preflight = await fetch(at(first), {
      method: 'OPTIONS',
      headers: { ...headers, 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'range' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('Access-Control-Allow-Headers')?.toLowerCase()).toContain('range');
  });
});

describe('DELETE of an instance', () => {
  it('answers 204; then the instance is 410 and found no more, and its study stays while it has others', async () => {
    const study = newUid();
    const [gone, stays] = [
      { ...someIds(), study },
      { ...someIds(), study },
    ];
    const files = [gone, stays].map((ids) =>
      ctSlice({ StudyInstanceUID: study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance }, { size: 16 }),
    );
    expect((await stow(url, files)).status).toBe(200);
    expect((await fetch(at(gone), { method: 'DELETE' })).status).toBe(204);
    for (const path of ['', '/metadata', '/frames/1', '/rendered', '/thumbnail', '/bulkdata/7FE00010'])
      expect([path, (await get(`${at(gone)}${path}`)).status]).toEqual([path, 410]);
    expect((await fetch(at(gone), { method: 'DELETE' })).status).toBe(410);
    const found = (await (await get(`${url}/dicom-web/studies/${study}/instances`)).json()) as DataSet[];
    expect(found.map((one) => one['00080018']?.Value?.[0])).toEqual([stays.instance]);
    const parts = await partsOf(await get(`${url}/dicom-web/studies/${study}`, stored));
    expect(parts.map(({ bytes }) => sha256(bytes))).toEqual([sha256(files[1] ?? Buffer.alloc(0))]);
    expect((await fetch(at(stays), { method: 'DELETE' })).status).toBe(204);
    expect((await get(`${url}/dicom-web/studies/${study}`)).status).toBe(410);
    expect(await (await get(`${url}/dicom-web/studies?StudyInstanceUID=${study}`)).json()).toEqual([]);
  });

  it('answers 404 for an unknown one', async () => {
    expect((await fetch(at(someIds()), { method: 'DELETE' })).status).toBe(404);
  });
});
