import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import dicomParser from 'dicom-parser';
import sharp from 'sharp';
import { decodeFrame } from '../../src/dicom/codec/decode-frame.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { bytesOf, type DataSet, sha256, stow } from '../testing/dicomweb-client.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { colourJpeg, jpegBaseline } from '../viewer/testing/colour-samples.js';
import type { ViewerSample } from '../viewer/testing/viewer-samples.js';
import type { ServedPage } from './testing/serve-page.js';
import {
  type ClientPart,
  digests,
  openWebClient,
  serveClientPage,
  valuesOf,
  type WebClient,
} from './testing/web-client.js';

const EXPLICIT = '1.2.840.10008.1.2.1';
const JPEG_BASELINE = '1.2.840.10008.1.2.4.50';
const size = 64;
const FRAMES = 3;

const [studyInstanceUID, seriesInstanceUID] = [newUid(), newUid()];
const slice = { StudyInstanceUID: studyInstanceUID, SeriesInstanceUID: seriesInstanceUID, PatientID: 'JS-1' };
const uids = [newUid(), newUid(), newUid()];
/** The last one has several frames. */
const files = uids.map((SOPInstanceUID, at) =>
  ctSlice(
    { ...slice, SOPInstanceUID, InstanceNumber: String(at + 1), WindowCenter: String(1000 + 400 * at) },
    { size, frames: at === 2 ? FRAMES : 1 },
  ),
);
const instance = (at: number) => ({ studyInstanceUID, seriesInstanceUID, sopInstanceUID: uids[at]! });
const multiframe = instance(2);
/** 16 bits in little endian, at the end of the file. */
const pixelsOf = (file: Buffer, frames = 1): Buffer => file.subarray(file.length - frames * size * size * 2);
const frameOf = (number: number): Buffer => {
  const bytes = size * size * 2;
  return pixelsOf(files[2]!, FRAMES).subarray((number - 1) * bytes, number * bytes);
};

const jpeg = () => ({
  studyInstanceUID: colour.study,
  seriesInstanceUID: colour.series,
  sopInstanceUID: colour.instance,
});

let page: ServedPage;
let server: RunningServer;
let client: WebClient;
let colour: ViewerSample;

beforeAll(async () => {
  page = await serveClientPage();
  server = await startServer({ env: { CORS_ORIGINS: page.url } });
  colour = await jpegBaseline();
  expect((await stow(server.url, [colour.bytes])).status).toBe(200);
  client = await openWebClient(page.url, server);
});

afterEach(() => {
  expect(client.faults).toEqual([]);
});

afterAll(async () => {
  await client?.close();
  await server?.stop();
  await page?.close();
});

const partsOf = (method: string, options: object): Promise<ClientPart[]> => client.parts(method, options);
const jsonOf = (method: string, options: object): Promise<DataSet[]> => client.json(method, options);

describe('dicomweb-client of npm, on a page of another origin', () => {
  it('stores instances', async () => {
    const { json, failure } = await client.call('storeInstances', { datasets: files.slice(0, 2) });
    expect(failure).toBeUndefined();
    const referenced = (answer: unknown): unknown[] => {
      // It hands out the answer as text: it asks for no type of response here.
      const module = (typeof answer === 'string' ? JSON.parse(answer) : answer) as DataSet;
      expect(module['00081198']).toBeUndefined();
      return valuesOf(module['00081199']!.Value as DataSet[], '00081155');
    };
    expect(referenced(json)).toEqual(uids.slice(0, 2));
    const into = await client.call('storeInstances', { datasets: files.slice(2), studyInstanceUID });
    expect(referenced(into.json)).toEqual(uids.slice(2));
  });

  it('searches for studies, series and instances', async () => {
    const studies = await jsonOf('searchForStudies', { queryParams: { PatientID: 'JS-1', limit: 5 } });
    expect(valuesOf(studies, '0020000D')).toEqual([studyInstanceUID]);
    expect(valuesOf(studies, '00201208')).toEqual([3]);
    const none = await client.call('searchForStudies', { queryParams: { PatientID: 'NOBODY' } });
    expect(none).toEqual({ json: [], progress: expect.any(Array) });
    for (const options of [
      { studyInstanceUID, queryParams: { Modality: 'CT' } },
      { queryParams: { StudyInstanceUID: studyInstanceUID } },
    ])
      expect(valuesOf(await jsonOf('searchForSeries', options), '0020000E')).toEqual([seriesInstanceUID]);
    const ofSeries = { studyInstanceUID, seriesInstanceUID };
    expect(valuesOf(await jsonOf('searchForInstances', ofSeries), '00080018').sort()).toEqual([...uids].sort());
    const second = await jsonOf('searchForInstances', { studyInstanceUID, queryParams: { InstanceNumber: 2 } });
    expect(valuesOf(second, '00080018')).toEqual([uids[1]]);
    const byUid = await jsonOf('searchForInstances', {
      queryParams: { SOPInstanceUID: uids[2], includefield: 'NumberOfFrames' },
    });
    expect(valuesOf(byUid, '00280008')).toEqual([FRAMES]);
  });

  it('takes names of patients with wildcards and other letters in a query', async () => {
    const named = ctSlice({
      PatientID: 'JS-2',
      PatientName: [{ Alphabetic: 'Müller&Söhne^Zoë' }],
      SpecificCharacterSet: 'ISO_IR 192',
    });
    expect((await client.call('storeInstances', { datasets: [named] })).failure).toBeUndefined();
    const found = await jsonOf('searchForStudies', { queryParams: { PatientName: 'Müller&*', includefield: 'all' } });
    expect(valuesOf(found, '00100020')).toEqual(['JS-2']);
    expect(valuesOf(found, '00100010')).toEqual([{ Alphabetic: 'Müller&Söhne^Zoë' }]);
  });

  it('reads metadata of a study, a series and an instance', async () => {
    for (const [method, options] of [
      ['retrieveStudyMetadata', { studyInstanceUID }],
      ['retrieveSeriesMetadata', { studyInstanceUID, seriesInstanceUID }],
    ] as const)
      expect(valuesOf(await jsonOf(method, options), '00080018').sort()).toEqual([...uids].sort());
    const [metadata] = await jsonOf('retrieveInstanceMetadata', instance(1));
    const stored = dicomParser.parseDicom(files[1]!);
    const read = ['00100010', '00080060', '00281050', '00280010'].map((tag) => metadata![tag]?.Value?.[0]);
    expect(read).toEqual([
      { Alphabetic: stored.string('x00100010') },
      stored.string('x00080060'),
      stored.floatString('x00281050'),
      stored.uint16('x00280010'),
    ]);
  });

  // It asks for no transfer syntax, and throws where one is asked of it for a whole instance.
  it('retrieves a study, a series and an instance, byte by byte as they were stored', async () => {
    for (const [method, options] of [
      ['retrieveStudy', { studyInstanceUID }],
      ['retrieveSeries', { studyInstanceUID, seriesInstanceUID }],
    ] as const) {
      const parts = await partsOf(method, options);
      expect(parts.map(({ contentType }) => contentType)).toEqual(uids.map(() => 'application/dicom'));
      expect(digests(parts.map(({ bytes }) => bytes))).toEqual(digests(files));
    }
    const [one] = await partsOf('retrieveInstance', multiframe);
    expect(sha256(one!.bytes)).toBe(sha256(files[2]!));
  });

  it('retrieves an instance that is stored as a JPEG in the colours that its data set names', async () => {
    const [decoded] = await partsOf('retrieveInstance', jpeg());
    const dataSet = dicomParser.parseDicom(decoded!.bytes);
    expect([dataSet.string('x00020010'), dataSet.string('x00280004')]).toEqual([EXPLICIT, 'RGB']);
    const { dataOffset, length } = dataSet.elements['x7fe00010']!;
    const shown = decoded!.bytes.subarray(dataOffset, dataOffset + length);
    const expected = await sharp(await colourJpeg())
      .raw()
      .toBuffer();
    expect(Math.max(...expected.map((value, at) => Math.abs(value - shown[at]!)))).toBeLessThanOrEqual(2);
  });

  it('retrieves frames uncompressed', async () => {
    const [first] = await partsOf('retrieveInstanceFrames', { ...instance(0), frameNumbers: [1] });
    expect(first!.bytes.equals(pixelsOf(files[0]!))).toBe(true);
    expect([first!.contentType, first!.transferSyntaxUID]).toEqual(['application/octet-stream', EXPLICIT]);
    const parts = await partsOf('retrieveInstanceFrames', { ...multiframe, frameNumbers: [3, 1] });
    expect(parts.map(({ bytes }) => sha256(bytes))).toEqual([sha256(frameOf(3)), sha256(frameOf(1))]);
  });

  it.each([
    ['image/jls', '1.2.840.10008.1.2.4.80', 'image/jls'],
    ['image/x-jls', '1.2.840.10008.1.2.4.80', 'image/jls'],
    ['image/jp2', '1.2.840.10008.1.2.4.90', 'image/jp2'],
    ['image/jpeg', '1.2.840.10008.1.2.4.70', 'image/jpeg'],
    ['image/x-dicom-rle', '1.2.840.10008.1.2.5', 'image/dicom-rle'],
  ])('retrieves frames as %s in %s', async (mediaType, transferSyntaxUID, contentType) => {
    const parts = await partsOf('retrieveInstanceFrames', {
      ...multiframe,
      frameNumbers: [2],
      mediaTypes: [{ mediaType, transferSyntaxUID }],
    });
    await expectFrame2(parts, contentType, transferSyntaxUID);
  });

  // It knows the type of HTJ2K in lists of several kinds alone, from which it leaves what it does not know of frames.
  it('retrieves frames in HTJ2K by the name that it has for it', async () => {
    const parts = await partsOf('retrieveInstanceFrames', {
      ...multiframe,
      frameNumbers: [2],
      mediaTypes: [
        { mediaType: 'image/jhc', transferSyntaxUID: '1.2.840.10008.1.2.4.201' },
        { mediaType: 'video/mp4' },
      ],
    });
    await expectFrame2(parts, 'image/jphc', '1.2.840.10008.1.2.4.201');
  });

  async function expectFrame2(parts: ClientPart[], contentType: string, transferSyntaxUID: string): Promise<void> {
    expect(parts.map((part) => [part.contentType, part.transferSyntaxUID])).toEqual([[contentType, transferSyntaxUID]]);
    const { bytes } = await decodeFrame(parts[0]!.bytes, {
      transferSyntaxUID,
      Rows: size,
      Columns: size,
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      BitsAllocated: 16,
      BitsStored: 12,
      HighBit: 11,
      PixelRepresentation: 0,
    });
    expect(Buffer.from(bytes).equals(frameOf(2))).toBe(true);
  }

  it('retrieves a JPEG as it is stored', async () => {
    const [part] = await partsOf('retrieveInstanceFrames', {
      ...jpeg(),
      frameNumbers: [1],
      mediaTypes: [{ mediaType: 'image/jpeg', transferSyntaxUID: JPEG_BASELINE }],
    });
    expect([part!.contentType, part!.transferSyntaxUID]).toEqual(['image/jpeg', JPEG_BASELINE]);
    const stored = await colourJpeg();
    expect(part!.bytes.subarray(0, stored.length).equals(stored)).toBe(true);
  });

  it('is told 406 of what a frame cannot be', async () => {
    const { failure } = await client.call('retrieveInstanceFrames', {
      ...multiframe,
      frameNumbers: [1],
      mediaTypes: [{ mediaType: 'image/jpx', transferSyntaxUID: '1.2.840.10008.1.2.4.92' }],
    });
    expect(failure?.status).toBe(406);
    const missing = await client.call('retrieveInstanceFrames', { ...multiframe, frameNumbers: [FRAMES + 1] });
    expect(missing.failure?.status).toBe(404);
    // The browser writes both on the console.
    client.faults.length = 0;
  });

  it('retrieves rendered instances, frames and thumbnails', async () => {
    const png = { mediaTypes: [{ mediaType: 'image/png' }] };
    const [whole] = await partsOf('retrieveInstanceRendered', { ...instance(0), ...png });
    const { data, info } = await sharp(whole!.bytes).grayscale().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([size, size]);
    // PS3.3 §C.11.2.1.2.1, LINEAR: the window of the file, after its rescaling by -1024.
    const stored = pixelsOf(files[0]!);
    for (const at of [0, 77, 1234, size * size - 1]) {
      const value = stored.readUInt16LE(2 * at) - 1024;
      const shown = ((value - (1000 - 0.5)) / (4096 - 1) + 0.5) * 255;
      expect(Math.abs(data[at]! - Math.min(255, Math.max(0, shown)))).toBeLessThanOrEqual(1);
    }
    const viewport = { ...instance(0), ...png, queryParams: { viewport: '32,32', window: '500,1000,linear' } };
    const [small] = await partsOf('retrieveInstanceRendered', viewport);
    expect((await sharp(small!.bytes).metadata()).width).toBe(32);
    const frames = { ...multiframe, frameNumbers: [2], ...png };
    const [frame] = await partsOf('retrieveInstanceFramesRendered', frames);
    expect((await sharp(frame!.bytes).metadata()).width).toBe(size);
    const unnamed = await partsOf('retrieveInstanceRendered', instance(0));
    expect((await sharp(unnamed[0]!.bytes).metadata()).format).toBe('jpeg');
    for (const method of ['retrieveInstanceThumbnail', 'retrieveInstanceFramesThumbnail']) {
      const [thumbnail] = await partsOf(method, { ...multiframe, frameNumbers: [2] });
      expect((await sharp(thumbnail!.bytes).metadata()).format).toBe('jpeg');
    }
  });

  it('retrieves bulk data, whole and in ranges, and tells its progress', async () => {
    const [metadata] = await jsonOf('retrieveInstanceMetadata', multiframe);
    const BulkDataURI = metadata!['7FE00010']!.BulkDataURI!;
    expect(BulkDataURI.startsWith(server.url)).toBe(true);
    const all = pixelsOf(files[2]!, FRAMES);
    const { parts, progress } = await client.call('retrieveBulkData', { BulkDataURI });
    expect(digests(parts!.map(({ bytes }) => bytes))).toEqual(digests([all]));
    expect(progress.at(-1)).toBeGreaterThanOrEqual(all.length);
    // Of its multipart answers it can read no part: it wants the boundary first, whoever makes the range.
    const ranged = { BulkDataURI, headers: { Accept: 'application/octet-stream', Range: 'bytes=100-4195' } };
    const single = await client.call('retrieveBulkData', ranged, { singlepart: 'bulkdata' });
    expect(single.failure).toBeUndefined();
    expect(single.parts![0]!.bytes.equals(all.subarray(100, 4196))).toBe(true);
  });

  it('builds the URL of the URI Service, whose place it has to be told', async () => {
    const { json: url } = await client.call('buildInstanceWadoURIUrl', instance(0), { wadoURLPrefix: 'wado' });
    const file = await fetch(String(url));
    expect(file.status).toBe(200);
    expect(sha256(await bytesOf(file))).toBe(sha256(files[0]!));
  });

  it('reads nothing without its token', async () => {
    expect((await client.call('searchForStudies', {}, { headers: {} })).failure?.status).toBe(401);
    // The browser writes it on the console.
    client.faults.length = 0;
  });
});
