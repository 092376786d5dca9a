import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inflateRawSync } from 'node:zlib';
import {
  encapsulated,
  image,
  part10 as handMade,
  spell,
  text,
  words,
  type HandMade,
} from '../../src/dicom/testing/hand-made.js';
import {
  bytesOf,
  type DataSet,
  get,
  instancePath,
  partsOf,
  sha256,
  stow,
  type ReceivedPart,
} from '../testing/dicomweb-client.js';
import { newUid } from '../testing/make-dicom.js';
import { serverUnderTest } from '../testing/server.js';

const explicit = '1.2.840.10008.1.2.1';
const rleLossless = '1.2.840.10008.1.2.5';
const octets = 'multipart/related; type="application/octet-stream"';
const [study, series] = [newUid(), newUid()];
const [plain, rle, note] = [newUid(), newUid(), newUid()].map((instance) => ({ study, series, instance }));

const uids = (instance: string): HandMade[] => [
  text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
  text(0x00080018, 'UI', instance),
  text(0x0020000d, 'UI', study),
  text(0x0020000e, 'UI', series),
];
const grey = (frames: number): HandMade[] => [
  ...image(4, 4, { frames }),
  text(0x00280004, 'CS', 'MONOCHROME2'),
  words(0x00280101, 'US', 8),
  words(0x00280102, 'US', 7),
];
const sorted = (elements: HandMade[]): HandMade[] => elements.sort((a, b) => a.tag - b.tag);
const document = Buffer.alloc(5000, 'document ');
const pixels = (number: number) => Buffer.from(Array.from({ length: 16 }, (_, i) => number * 16 + i));
/** One segment after 64 bytes of header (PS3.5 §G), which is one literal run. */
const codestream = (bytes: Buffer): Buffer => {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(1, 0);
  header.writeUInt32LE(64, 4);
  return Buffer.concat([header, Buffer.from([bytes.length - 1]), bytes, Buffer.alloc(1)]);
};

/** An image of two frames with a long value, the same compressed without one, and an object with a long value alone. */
const files = [
  handMade(
    sorted([
      ...uids(plain!.instance),
      ...grey(2),
      { tag: 0x00420011, vr: 'OB', value: document },
      { tag: 0x7fe00010, vr: 'OB', value: Buffer.concat([pixels(1), pixels(2)]) },
    ]),
    { mediaStorageUid: plain!.instance },
  ),
  handMade(
    Buffer.concat([
      spell(sorted([...uids(rle!.instance), ...grey(2)]), 'explicit'),
      encapsulated([codestream(pixels(1)), codestream(pixels(2))]),
    ]),
    { transferSyntaxUID: rleLossless, mediaStorageUid: rle!.instance },
  ),
  handMade(sorted([...uids(note!.instance), { tag: 0x00420011, vr: 'OB', value: document }]), {
    mediaStorageUid: note!.instance,
  }),
];

let url: string;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  const server = await serverUnderTest();
  url = server.url;
  stop = () => server.stop();
  expect((await stow(url, files)).status).toBe(200);
});
afterAll(() => stop());

const ofStudy = (): string => `${url}/dicom-web/studies/${study}`;
const at = (ids: typeof plain): string => `${url}${instancePath(ids!)}`;
const whole = Buffer.concat([pixels(1), pixels(2)]);

/** What each part is of, below its instance, in the order of the answer; that of instances is by UID. */
const byLocation = (parts: readonly ReceivedPart[]): Record<string, string> =>
  Object.fromEntries(parts.map(({ headers, bytes }) => [headers['content-location'] ?? '', sha256(bytes)]));

describe('/bulkdata', () => {
  it('has each long value of a study, series or instance, compressed pixels decoded, each where it is by itself', async () => {
    const expected = {
      [`${at(plain)}/bulkdata/00420011`]: sha256(document),
      [`${at(plain)}/bulkdata/7FE00010`]: sha256(whole),
      [`${at(rle)}/bulkdata/7FE00010`]: sha256(whole),
      [`${at(note)}/bulkdata/00420011`]: sha256(document),
    };
    for (const path of ['/bulkdata', `/series/${series}/bulkdata`, '', `/series/${series}`])
      expect([path, byLocation(await partsOf(await get(`${ofStudy()}${path}`, octets)))]).toEqual([path, expected]);
    const [part] = await partsOf(await get(`${at(rle)}/bulkdata`, '*/*'));
    expect(part?.headers['content-type']).toBe(`application/octet-stream; transfer-syntax=${explicit}`);
    for (const [location, digest] of Object.entries(expected))
      expect(sha256(await bytesOf(await get(location, 'application/octet-stream')))).toBe(digest);
  });

  it('has the codestreams as stored, one a part, for transfer-syntax=*', async () => {
    const parts = await partsOf(await get(`${at(rle)}/bulkdata`, `${octets}; transfer-syntax=*`));
    expect(parts.map(({ headers, bytes }) => [headers['content-type'], headers['content-location'], bytes])).toEqual(
      [1, 2].map((number) => [
        `application/octet-stream; transfer-syntax=${rleLossless}`,
        `${at(rle)}/frames/${number}`,
        codestream(pixels(number)),
      ]),
    );
  });
});

describe('/pixeldata', () => {
  it('has the pixels of all that have some, and of nothing else', async () => {
    const parts = await partsOf(await get(`${ofStudy()}/pixeldata`));
    expect(byLocation(parts)).toEqual({
      [`${at(plain)}/bulkdata/7FE00010`]: sha256(whole),
      [`${at(rle)}/bulkdata/7FE00010`]: sha256(whole),
    });
    expect((await get(`${at(note)}/pixeldata`)).status).toBe(404);
  });

  it('has codestreams under their own media type, and says that those are left out which have none', async () => {
    const response = await get(`${ofStudy()}/pixeldata`, 'multipart/related; type="image/dicom-rle"');
    expect([response.status, response.headers.get('Warning')]).toEqual([206, expect.stringContaining('2 of 3')]);
    const parts = await partsOf(response);
    expect(parts.map(({ bytes }) => sha256(bytes))).toEqual([1, 2].map((one) => sha256(codestream(pixels(one)))));
  });

  it('is a single part of one instance, with ranges, where the pixels are uncompressed', async () => {
    const response = await get(`${at(rle)}/pixeldata`, 'application/octet-stream', { Range: 'bytes=20-' });
    expect([response.status, await bytesOf(response)]).toEqual([206, whole.subarray(20)]);
    expect((await get(`${at(rle)}/pixeldata`, 'application/octet-stream; transfer-syntax=*')).status).toBe(406);
  });
});

describe('The bulk data of compressed pixels', () => {
  it('are uncompressed unless asked for otherwise, and never codestreams that nobody can tell apart', async () => {
    const [metadata] = (await (await get(`${at(rle)}/metadata`)).json()) as DataSet[];
    const uri = metadata?.['7FE00010']?.BulkDataURI ?? '';
    for (const accept of [undefined, 'application/octet-stream']) {
      const response = await get(uri, accept);
      expect(response.headers.get('Content-Type')).toBe(`application/octet-stream; transfer-syntax=${explicit}`);
      expect(await bytesOf(response)).toEqual(whole);
    }
    const parts = await partsOf(await get(uri, 'multipart/related; type="image/dicom-rle"'));
    expect(parts.map(({ bytes }) => bytes)).toEqual([codestream(pixels(1)), codestream(pixels(2))]);
    expect((await get(uri, 'application/octet-stream; transfer-syntax=*')).status).toBe(406);
  });
});

describe('A zip', () => {
  /** Names and contents, by what the directory says (APPNOTE 6.3.10 §4.3.12). */
  function filesOf(zip: Buffer): [string, string][] {
    const found: [string, string][] = [];
    let place = zip.readUInt32LE(zip.length - 6);
    for (let left = zip.readUInt16LE(zip.length - 12); left > 0; left--) {
      const [nameBytes, extraBytes] = [zip.readUInt16LE(place + 28), zip.readUInt16LE(place + 30)];
      const local = zip.readUInt32LE(place + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const content = inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(place + 20)));
      found.push([zip.toString('latin1', place + 46, place + 46 + nameBytes), sha256(content)]);
      place += 46 + nameBytes + extraBytes;
    }
    return found;
  }

  it('has each instance of a study, series or instance as stored for transfer-syntax=*', async () => {
    const named = [plain, rle, note].map((ids, index): [string, string] => [
      `${series}/${ids!.instance}.dcm`,
      sha256(files[index]!),
    ]);
    for (const [path, name] of [
      [ofStudy(), study],
      [`${ofStudy()}/series/${series}`, series],
      [`${ofStudy()}?accept=application/zip;transfer-syntax=*`, study],
    ]) {
      const accept = path?.includes('?') ? undefined : 'application/zip; transfer-syntax=*';
      const response = await get(path!, accept);
      expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'application/zip']);
      expect(response.headers.get('Content-Disposition')).toBe(`attachment; filename="${name}.zip"`);
      expect(filesOf(await bytesOf(response)).sort()).toEqual([...named].sort());
    }
    const one = filesOf(await bytesOf(await get(at(rle), 'application/zip; transfer-syntax=*')));
    expect(one).toEqual([named[1]]);
  });

  it('has them in Explicit VR Little Endian unless asked for otherwise, and is validated', async () => {
    const response = await get(at(rle), 'application/zip');
    const [[, digest] = []] = filesOf(await bytesOf(response));
    expect(digest).toBe(sha256(await bytesOf(await get(at(rle), 'application/dicom'))));
    const again = await get(at(rle), 'application/zip', { 'If-None-Match': response.headers.get('ETag') ?? '' });
    expect(again.status).toBe(304);
  });
});

describe('Last-Modified', () => {
  it('is when the instance was sealed, and answers 304 to who has it since', async () => {
    for (const path of ['', '/frames/1', '/bulkdata/7FE00010', '/metadata', '/rendered', '/thumbnail']) {
      const first = await get(`${at(plain)}${path}`);
      await first.arrayBuffer();
      const since = first.headers.get('Last-Modified') ?? '';
      expect([path, Date.parse(since) <= Date.parse(first.headers.get('Date') ?? '')]).toEqual([path, true]);
      const ask = (headers: Record<string, string>) => get(`${at(plain)}${path}`, undefined, headers);
      expect([path, (await ask({ 'If-Modified-Since': since })).status]).toEqual([path, 304]);
      const before = new Date(Date.parse(since) - 1000).toUTCString();
      for (const headers of [
        { 'If-Modified-Since': before },
        { 'If-Modified-Since': 'yesterday' },
        // Where both are there, the ETag alone counts (RFC 9110 §13.1.3).
        { 'If-Modified-Since': since, 'If-None-Match': '"other"' },
      ] as Record<string, string>[]) {
        const response = await ask(headers);
        await response.arrayBuffer();
        expect([path, headers, response.status]).toEqual([path, headers, 200]);
      }
    }
  });

  it('is not told of what holds more than one instance', async () => {
    for (const path of ['', '/metadata', '/bulkdata'])
      expect((await get(`${ofStudy()}${path}`)).headers.get('Last-Modified')).toBeNull();
  });

  it('lets a download go on from where it broke off', async () => {
    const accept = 'application/dicom; transfer-syntax=*';
    const since = (await get(at(plain), accept)).headers.get('Last-Modified') ?? '';
    const headers = { Range: 'bytes=100-', 'If-Range': since };
    const response = await get(at(plain), accept, headers);
    expect([response.status, sha256(await bytesOf(response))]).toEqual([206, sha256(files[0]!.subarray(100))]);
    const other = new Date(Date.parse(since) - 1000).toUTCString();
    expect((await get(at(plain), accept, { ...headers, 'If-Range': other })).status).toBe(200);
  });
});

describe('The charset parameter', () => {
  it('is UTF-8, or 400', async () => {
    for (const path of ['/metadata', '/rendered']) {
      expect((await get(`${at(plain)}${path}?charset=UTF-8`)).status).toBe(200);
      expect((await get(`${at(plain)}${path}?charset=iso-8859-1`)).status).toBe(400);
    }
  });
});
