import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import {
  bytesOf,
  type DataSet,
  get,
  type InstanceIds,
  instancePath,
  items,
  partsOf,
  sha256,
} from '../testing/dicomweb-client.js';
import { newUid } from '../testing/make-dicom.js';
import { serverUnderTest } from '../testing/server.js';

let url: string;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  const server = await serverUnderTest();
  url = server.url;
  stop = () => server.stop();
});
afterAll(() => stop());

type PartToSend = [headers: Record<string, string>, body: Buffer];
const JSON_TYPE = 'application/dicom+json';
const XML_TYPE = 'application/dicom+xml';
const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';
const someIds = (): InstanceIds => ({ study: newUid(), series: newUid(), instance: newUid() });
const at = (ids: InstanceIds): string => `${url}${instancePath(ids)}`;
const of = (vr: string, ...Value: unknown[]) => ({ vr, Value });

function metadataOf(ids: InstanceIds, over: object = {}, SOPClassUID = SECONDARY_CAPTURE): object {
  return {
    '00080016': of('UI', SOPClassUID),
    '00080018': of('UI', ids.instance),
    '00080020': of('DA', '20240229'),
    '00080060': of('CS', 'OT'),
    '00100010': of('PN', { Alphabetic: 'Müller^Änne', Ideographic: '山田^太郎' }),
    '00100020': of('LO', 'M-1'),
    '0020000D': of('UI', ids.study),
    '0020000E': of('UI', ids.series),
    '00200013': of('IS', 1),
    ...over,
  };
}
const nativePixels = {
  '00280002': of('US', 1),
  '00280004': of('CS', 'MONOCHROME2'),
  '00280010': of('US', 4),
  '00280011': of('US', 6),
  '00280100': of('US', 16),
  '00280101': of('US', 12),
  '00280102': of('US', 11),
  '00280103': of('US', 0),
};
const bulk = (BulkDataURI: string, vr = 'OW') => ({ vr, BulkDataURI });

function send(type: string, parts: PartToSend[], boundary = 'm-1'): Promise<Response> {
  const body = parts.flatMap(([headers, bytes]) => [
    Buffer.from(
      `--${boundary}\r\n${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}\r\n`,
    ),
    bytes,
    Buffer.from('\r\n'),
  ]);
  return fetch(`${url}/dicom-web/studies`, {
    method: 'POST',
    headers: { 'Content-Type': `multipart/related; type="${type}"; boundary=${boundary}` },
    body: new Uint8Array(Buffer.concat([...body, Buffer.from(`--${boundary}--\r\n`)])),
  });
}
const json = (...dataSets: object[]): PartToSend => [
  { 'Content-Type': JSON_TYPE },
  Buffer.from(JSON.stringify(dataSets)),
];
const value = (location: string, type: string, bytes: Buffer): PartToSend => [
  { 'Content-Type': type, 'Content-Location': location },
  bytes,
];
const metadata = async (ids: InstanceIds): Promise<DataSet> => {
  const [dataSet] = (await (await get(`${at(ids)}/metadata`)).json()) as DataSet[];
  return dataSet!;
};
const frame = async (ids: InstanceIds, number: number): Promise<Buffer> => {
  const accept = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
  const anyType = 'multipart/related; type="image/jpeg"; transfer-syntax=*';
  const [part] = await partsOf(await get(`${at(ids)}/frames/${number}`, `${accept}, ${anyType}`));
  return part!.bytes;
};
const pixels = Buffer.from(Array.from({ length: 48 }, (_, index) => index));

describe('Store of metadata and bulk data', () => {
  it('keeps metadata in JSON, and native pixels, as they are', async () => {
    const ids = someIds();
    const dataSet = metadataOf(ids, {
      ...nativePixels,
      '00081140': of('SQ', { '00081150': of('UI', '1.2'), '00081155': of('UI', '1.2.3') }),
      '00181151': of('IS', 120),
      '00189332': of('FD', 0.1, -1e300),
      '00280009': of('AT', '00181063'),
      '00091010': of('LO', 'OWNER'),
      '00090010': of('LO', 'DICOM-LEDGER TEST'),
      '7FE00010': bulk('pixels'),
    });
    const response = await send(JSON_TYPE, [json(dataSet), value('pixels', 'application/octet-stream', pixels)]);
    expect(response.status).toBe(200);
    const back = await metadata(ids);
    for (const [tag, element] of Object.entries(dataSet as DataSet))
      if (tag !== '7FE00010') expect([tag, back[tag]]).toEqual([tag, element]);
    const charset = back['00080005'];
    expect(charset?.Value).toEqual(['ISO_IR 192']);
    expect(await frame(ids, 1)).toEqual(pixels);
  });

  it('keeps metadata in XML', async () => {
    const ids = someIds();
    const attribute = (tag: string, vr: string, content: string): string =>
      `<DicomAttribute tag="${tag}" vr="${vr}">${content}</DicomAttribute>`;
    const one = (text: string): string => `<Value number="1">${text}</Value>`;
    const numbers = Object.entries(nativePixels).map(([tag, { vr, Value }]) =>
      attribute(tag, vr, one(String(Value[0]))),
    );
    const text = [
      '<?xml version="1.0" encoding="UTF-8"?>\n<!-- made -->',
      '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">\n',
      attribute('00080016', 'UI', one(SECONDARY_CAPTURE)),
      attribute('00080018', 'UI', one(ids.instance)),
      attribute('00081030', 'LO', one('Brust &amp; Bauch &#228;')),
      attribute(
        '00100010',
        'PN',
        '<PersonName number="1"><Alphabetic><FamilyName>Muster</FamilyName><GivenName>Erika</GivenName></Alphabetic></PersonName>',
      ),
      attribute('00100020', 'LO', one('M-2')),
      attribute('0020000D', 'UI', one(ids.study)),
      attribute('0020000E', 'UI', one(ids.series)),
      ...numbers,
      attribute('7FE00010', 'OW', '<BulkData uri="p/1"/>'),
      '</NativeDicomModel>',
    ].join('');
    const response = await send(XML_TYPE, [
      [{ 'Content-Type': XML_TYPE }, Buffer.from(text)],
      value('p/1', 'application/octet-stream', pixels),
    ]);
    expect(response.status).toBe(200);
    const stored = await metadata(ids);
    expect(stored['00100010']?.Value).toEqual([{ Alphabetic: 'Muster^Erika' }]);
    expect(stored['00081030']?.Value).toEqual(['Brust & Bauch ä']);
    expect(await frame(ids, 1)).toEqual(pixels);
  });

  it('is the same object when it comes again', async () => {
    const ids = someIds();
    const parts = [
      json(metadataOf(ids, { ...nativePixels, '7FE00010': bulk('p') })),
      value('p', 'application/octet-stream', pixels),
    ];
    expect((await send(JSON_TYPE, parts)).status).toBe(200);
    const again = await send(JSON_TYPE, parts);
    expect([again.status, again.headers.get('X-Already-Stored')]).toEqual([200, '1']);
  });

  it('keeps JPEG frames as they are, each from a part of its own, and fills in what they tell', async () => {
    const ids = someIds();
    const jpegs = await Promise.all(
      [10, 200].map((shade) =>
        sharp({ create: { width: 24, height: 16, channels: 3, background: { r: shade, g: 0, b: 0 } } })
          .jpeg()
          .toBuffer(),
      ),
    );
    const dataSet = metadataOf(ids, { '7FE00010': bulk('frames', 'OB') }, '1.2.840.10008.5.1.4.1.1.7.4');
    const response = await send(JSON_TYPE, [json(dataSet), ...jpegs.map((one) => value('frames', 'image/jpeg', one))]);
    expect(response.status).toBe(200);
    const stored = await metadata(ids);
    expect(['00280008', '00280010', '00280011', '00280002'].map((tag) => Number(stored[tag]?.Value?.[0]))).toEqual([
      2, 16, 24, 3,
    ]);
    expect(stored['00282110']?.Value).toEqual(['01']);
    for (const [index, one] of jpegs.entries())
      expect(sha256((await frame(ids, index + 1)).subarray(0, one.length))).toBe(sha256(one));
  });

  it.each(['png', 'gif'] as const)('decodes a %s', async (format) => {
    const ids = someIds();
    const raw = Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]);
    const bytes = await sharp(raw, { raw: { width: 2, height: 2, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    const dataSet = metadataOf(ids, { '7FE00010': bulk('picture', 'OB') });
    expect((await send(JSON_TYPE, [json(dataSet), value('picture', `image/${format}`, bytes)])).status).toBe(200);
    expect(await frame(ids, 1)).toEqual(raw);
    expect((await metadata(ids))['00280004']?.Value).toEqual(['RGB']);
  });

  it.each([
    ['application/pdf', '1.2.840.10008.5.1.4.1.1.104.1', '%PDF-1.4\n%made for a test'],
    ['text/xml', '1.2.840.10008.5.1.4.1.1.104.2', '<ClinicalDocument xmlns="urn:hl7-org:v3"/>'],
    ['model/stl', '1.2.840.10008.5.1.4.1.1.104.3', 'solid made\nendsolid made\n'],
    ['model/obj', '1.2.840.10008.5.1.4.1.1.104.4', 'v 0 0 0\n'],
  ])('keeps a document of %s', async (mediaType, SOPClassUID, text) => {
    const ids = someIds();
    const dataSet = metadataOf(ids, { '00420011': bulk('document', 'OB') }, SOPClassUID);
    expect((await send(JSON_TYPE, [json(dataSet), value('document', mediaType, Buffer.from(text))])).status).toBe(200);
    const stored = await metadata(ids);
    expect([stored['00420012']?.Value, stored['00420015']?.Value]).toEqual([[mediaType], [text.length]]);
    const rendered = await get(`${at(ids)}/rendered`, mediaType);
    expect(rendered.status).toBe(200);
    expect((await bytesOf(rendered)).subarray(0, text.length).toString()).toBe(text);
  });

  it.each([
    ['h264.mp4', 'video/mp4', '1.2.840.10008.1.2.4.102'],
    ['hevc.mp4', 'video/mp4', '1.2.840.10008.1.2.4.107'],
    ['mpeg2.m2v', 'video/mpeg', '1.2.840.10008.1.2.4.100'],
  ])('keeps the video %s', async (file, mediaType, transferSyntax) => {
    const ids = someIds();
    const bytes = readFileSync(`conformance/videos/${file}`);
    const video = { ...nativePixels, '00280008': of('IS', 25), '7FE00010': bulk('video', 'OB') };
    const dataSet = metadataOf(ids, video, '1.2.840.10008.5.1.4.1.1.77.1.4.1');
    expect((await send(JSON_TYPE, [json(dataSet), value('video', mediaType, bytes)])).status).toBe(200);
    const rendered = await get(`${at(ids)}/rendered`, mediaType);
    expect(sha256((await bytesOf(rendered)).subarray(0, bytes.length))).toBe(sha256(bytes));
    const whole = await get(at(ids), 'application/dicom; transfer-syntax=*');
    expect(whole.headers.get('Content-Type')).toBe(`application/dicom; transfer-syntax=${transferSyntax}`);
  });

  it('gives each data set its own fate', async () => {
    const [good, bad] = [someIds(), someIds()];
    const response = await send(JSON_TYPE, [
      json(
        metadataOf(bad, { '00420011': bulk('nowhere', 'OB') }),
        metadataOf(good, { '00420011': bulk('here', 'OB') }),
      ),
      value('here', 'application/pdf', Buffer.from('%PDF-1.4')),
    ]);
    expect(response.status).toBe(202);
    const module = (await response.json()) as DataSet;
    expect(items(module, '00081199').map((item) => item['00081155']?.Value)).toEqual([[good.instance]]);
    const failed = items(module, '00081198');
    expect(failed.map((item) => [item['00081155']?.Value, item['00081197']?.Value])).toEqual([
      [[bad.instance], [0xc000]],
    ]);
  });

  it('takes metadata alone', async () => {
    const ids = someIds();
    const response = await fetch(`${url}/dicom-web/studies/${ids.study}`, {
      method: 'POST',
      headers: { 'Content-Type': JSON_TYPE },
      body: JSON.stringify([metadataOf(ids)]),
    });
    expect(response.status).toBe(200);
    expect((await metadata(ids))['00100010']?.Value).toEqual([{ Alphabetic: 'Müller^Änne', Ideographic: '山田^太郎' }]);
  });

  it.each<[string, string, string]>([
    ['what is no JSON', JSON_TYPE, '[{'],
    ['a list of numbers', JSON_TYPE, '[1]'],
    ['what is no UTF-8', JSON_TYPE, Buffer.from([0x22, 0xff, 0x22]).toString('latin1')],
    ['a document type', XML_TYPE, '<!DOCTYPE a [<!ENTITY b "c">]><NativeDicomModel>&b;</NativeDicomModel>'],
    ['another XML', XML_TYPE, '<html/>'],
    ['XML that ends early', XML_TYPE, '<NativeDicomModel><DicomAttribute tag="00080018" vr="UI">'],
  ])('is 400 for %s', async (_name, type, text) => {
    const response = await send(type, [[{ 'Content-Type': type }, Buffer.from(text, 'latin1')]]);
    expect(response.status).toBe(400);
  });

  it.each<[string, object]>([
    ['a number that does not fit', { '00280010': of('US', 70_000) }],
    ['a key that is no tag', { Rows: of('US', 1) }],
    ['a Value of binary', { '00420011': of('OB', 1) }],
    ['a backslash', { '00081030': of('LO', 'a\\b') }],
    ['base64 that is none', { '00420011': { vr: 'OB', InlineBinary: '%%%' } }],
  ])('refuses a data set with %s as 0xC000', async (_name, over) => {
    const response = await send(JSON_TYPE, [json(metadataOf(someIds(), over))]);
    expect(response.status).toBe(400);
    expect(items((await response.json()) as DataSet, '00081198')[0]?.['00081197']?.Value).toEqual([0xc000]);
  });
});

describe('Store of images in a multipart', () => {
  it('makes of each an object of the patient of the query, by its own name', async () => {
    const pictures = await Promise.all(
      [1, 2].map((shade) =>
        sharp({ create: { width: 8, height: 8, channels: 3, background: { r: shade, g: 9, b: 9 } } })
          .png()
          .toBuffer(),
      ),
    );
    const body = pictures.flatMap((bytes, index) => [
      Buffer.from(
        `--m-2\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename="p${index}.png"\r\n\r\n`,
      ),
      bytes,
      Buffer.from('\r\n'),
    ]);
    const post = (query: string) =>
      fetch(`${url}/dicom-web/studies${query}`, {
        method: 'POST',
        headers: { 'Content-Type': 'multipart/related; type="image/png"; boundary=m-2' },
        body: new Uint8Array(Buffer.concat([...body, Buffer.from('--m-2--\r\n')])),
      });
    expect((await post('')).status).toBe(400);
    const PatientID = `multi-${newUid()}`;
    expect((await post(`?PatientID=${PatientID}`)).status).toBe(200);
    const listed = (await (await get(`${url}/dicom-web/patients/${PatientID}/images`)).json()) as { name: string }[];
    expect(listed.map(({ name }) => name).sort()).toEqual(['p0.png', 'p1.png']);
  });
});
