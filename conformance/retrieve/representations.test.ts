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
} from '../../src/dicom/testing/hand-made.js';
import {
  bytesOf,
  type DataSet,
  get,
  instancePath,
  partsOf,
  sha256,
  stored,
  storedSingle,
  stowSingle,
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

const explicit = '1.2.840.10008.1.2.1';
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

  it('gives its frames in little endian to viewers, which ask for transfer-syntax=*', async () => {
    const accept = 'multipart/related; type=application/octet-stream; transfer-syntax=*';
    const [part] = await partsOf(await get(`${at(ids)}/frames/2`, accept));
    expect(part?.headers['content-type']).toBe(`application/octet-stream; transfer-syntax=${explicit}`);
    expect(sha256(part?.bytes ?? Buffer.alloc(0))).toBe(sha256(frame(2)));
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

  it('comes as stored for *, by its name and, because it is damaged, for a wildcard, and is 406 in another one', async () => {
    for (const accept of [storedSingle, `application/dicom; transfer-syntax=${jpeg}`])
      expect(sha256(await bytesOf(await get(at(ids), accept)))).toBe(sha256(file));
    const [part] = await partsOf(await get(at(ids), '*/*'));
    expect(sha256(part?.bytes ?? Buffer.alloc(0))).toBe(sha256(file));
    for (const other of [explicit, '1.2.840.10008.1.2.4.80', '1.2.840.10008.1.2.4.100'])
      expect((await get(at(ids), `application/dicom; transfer-syntax=${other}`)).status).toBe(406);
  });

  it('gives the bare codestream of a frame, and 406 for rendered when it is damaged', async () => {
    const frame = await get(`${at(ids)}/frames/1`, 'image/jp2');
    expect(frame.headers.get('Content-Type')).toMatch(/^image\/jp2/);
    expect(sha256(await bytesOf(frame))).toBe(sha256(fragment));
    const [part] = await partsOf(await get(`${at(ids)}/frames/1`, `${multipartOctets}; transfer-syntax=*`));
    expect(sha256(part?.bytes ?? Buffer.alloc(0))).toBe(sha256(fragment));
    expect((await get(`${at(ids)}/frames/1`, `${multipartOctets}; transfer-syntax=${explicit}`)).status).toBe(406);
    expect((await get(`${at(ids)}/rendered`)).status).toBe(406);
    expect((await get(`${at(ids)}/thumbnail`)).status).toBe(200);
  });
});

describe('An instance for a wildcard, or without Accept', () => {
  const jpeg2000 = '1.2.840.10008.1.2.4.90';
  const lossyOrNot = '1.2.840.10008.1.2.4.91';
  const pixels = Buffer.from(Array.from({ length: 64 }, (_, i) => i * 4));
  /** One gray frame of 8 × 8, given as stored in explicit VR, and again as this server compresses it. */
  const madeIn = async (transferSyntaxUID: string, more: HandMade[] = []): Promise<{ ids: Ids; file: Buffer }> => {
    const source = someIds();
    const elements = [
      ...uids(source),
      ...image(8, 8),
      text(0x00280004, 'CS', 'MONOCHROME2'),
      { tag: 0x7fe00010, vr: 'OB', value: pixels },
    ].sort((a, b) => a.tag - b.tag);
    expect((await stowSingle(url, handMade(elements, { mediaStorageUid: source.instance }))).status).toBe(200);
    const frame = await get(`${at(source)}/frames/1`, `image/jp2; transfer-syntax=${transferSyntaxUID}`);
    expect(frame.status).toBe(200);
    const codestream = await bytesOf(frame);
    const ids = someIds();
    const compressed = [...uids(ids), ...image(8, 8), text(0x00280004, 'CS', 'MONOCHROME2'), ...more];
    const file = handMade(
      Buffer.concat([
        spell(
          compressed.sort((a, b) => a.tag - b.tag),
          'explicit',
        ),
        encapsulated([codestream]),
      ]),
      { transferSyntaxUID, mediaStorageUid: ids.instance },
    );
    expect((await stowSingle(url, file)).status).toBe(200);
    return { ids, file };
  };

  it.each<[string, string, HandMade[]]>([
    ['JPEG 2000 without loss', jpeg2000, []],
    ['JPEG 2000 that says that nothing was lost', lossyOrNot, [text(0x00282110, 'CS', '00')]],
  ])('comes decoded in Explicit VR Little Endian of %s', async (_what, syntax, more) => {
    const { ids } = await madeIn(syntax, more);
    for (const accept of [undefined, '*/*']) {
      const [part] = await partsOf(await get(at(ids), accept));
      expect(part?.headers['content-type']).toBe(`application/dicom; transfer-syntax=${explicit}`);
      expect(part?.bytes.includes(pixels)).toBe(true);
    }
  });

  it('comes as stored of JPEG 2000 that may have lost something', async () => {
    const { ids, file } = await madeIn(lossyOrNot);
    const [part] = await partsOf(await get(at(ids), '*/*'));
    expect(part?.headers['content-type']).toBe(`application/dicom; transfer-syntax=${lossyOrNot}`);
    expect(sha256(part?.bytes ?? Buffer.alloc(0))).toBe(sha256(file));
    const named = await bytesOf(await get(at(ids), 'application/dicom'));
    expect(named.includes(pixels)).toBe(true);
  });
});

describe('An instance in Encapsulated Uncompressed Explicit VR Little Endian', () => {
  const ids = someIds();
  const encapsulatedUncompressed = '1.2.840.10008.1.2.1.98';
  /** Two frames of 3 × 3, each of 9 bytes and one more that fills its fragment. */
  const frames = [0, 1].map((n) => Buffer.from(Array.from({ length: 9 }, (_, i) => 100 * n + i)));
  const elements = [...uids(ids), ...image(3, 3, { frames: 2 }), text(0x00280004, 'CS', 'MONOCHROME2')];
  const file = handMade(
    Buffer.concat([
      spell(
        elements.sort((a, b) => a.tag - b.tag),
        'explicit',
      ),
      encapsulated(frames.map((frame) => Buffer.concat([frame, Buffer.alloc(1)]))),
    ]),
    { transferSyntaxUID: encapsulatedUncompressed, mediaStorageUid: ids.instance },
  );
  beforeAll(async () => {
    expect((await stowSingle(url, file)).status).toBe(200);
  });

  it('comes with native pixels unless asked for otherwise, and as stored', async () => {
    for (const accept of ['*/*', 'multipart/related; type="application/dicom"']) {
      const [part] = await partsOf(await get(at(ids), accept));
      expect(part?.headers['content-type']).toBe(`application/dicom; transfer-syntax=${explicit}`);
      expect(part?.bytes.subarray(-18).equals(Buffer.concat(frames))).toBe(true);
    }
    const [second] = await partsOf(await get(`${at(ids)}/frames/2`, multipartOctets));
    expect(second?.bytes.equals(frames[1]!)).toBe(true);
    for (const accept of [storedSingle, `application/dicom; transfer-syntax=${encapsulatedUncompressed}`])
      expect(sha256(await bytesOf(await get(at(ids), accept)))).toBe(sha256(file));
  });

  it('comes compressed where that is asked for', async () => {
    const bytes = await bytesOf(await get(at(ids), 'application/dicom; transfer-syntax=1.2.840.10008.1.2.5'));
    expect(bytes.includes(Buffer.from('1.2.840.10008.1.2.5\0'))).toBe(true);
  });
});

describe('A segmentation of 1 bit', () => {
  const ids = someIds();
  /** Two frames of 3 × 3: 18 bits, the second of which begin within a byte (PS3.5 §8.1.1). */
  const bits = Buffer.from([0b1011_0101, 0b0101_0110, 0b01, 0]);
  const elements = [
    ...uids(ids),
    ...image(3, 3, { frames: 2 }).map((element) => (element.tag === 0x00280100 ? words(0x00280100, 'US', 1) : element)),
    text(0x00280004, 'CS', 'MONOCHROME2'),
    { tag: 0x7fe00010, vr: 'OB', value: bits },
  ].sort((a, b) => a.tag - b.tag);
  beforeAll(async () => {
    expect((await stowSingle(url, handMade(elements, { mediaStorageUid: ids.instance }))).status).toBe(200);
  });

  it.each(['1.2.840.10008.1.2.5', '1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.80', '1.2.840.10008.1.2.4.70'])(
    'is 406 in %s, and says why',
    async (syntax) => {
      for (const [path, type] of [
        ['', 'application/dicom'],
        ['/frames/2', 'application/octet-stream'],
      ] as const) {
        const answer = await get(`${at(ids)}${path}`, `${type}; transfer-syntax=${syntax}`);
        expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
          406,
          expect.stringContaining('Frames of 1 bit'),
        ]);
      }
    },
  );

  it('is had as it is', async () => {
    const whole = await bytesOf(await get(at(ids), 'application/dicom'));
    expect(whole.includes(bits)).toBe(true);
    expect((await get(`${at(ids)}/frames/2`, 'application/octet-stream')).status).toBe(200);
  });
});

describe('An instance of three RLE frames, the last one damaged', () => {
  const ids = someIds();
  const pixels = (number: number) => Buffer.from(Array.from({ length: 16 }, (_, i) => number * 16 + i));
  /** One segment after 64 bytes of header (PS3.5 §G), which is one literal run. */
  const rle = (bytes: Buffer): Buffer => {
    const header = Buffer.alloc(64);
    header.writeUInt32LE(1, 0);
    header.writeUInt32LE(64, 4);
    return Buffer.concat([header, Buffer.from([bytes.length - 1]), bytes, Buffer.alloc(1)]);
  };
  const elements = [...uids(ids), ...image(4, 4, { frames: 3 }), text(0x00280004, 'CS', 'MONOCHROME2')];
  const file = handMade(
    Buffer.concat([
      spell(
        elements.sort((a, b) => a.tag - b.tag),
        'explicit',
      ),
      encapsulated([rle(pixels(1)), rle(pixels(2)), Buffer.alloc(70, 0xee)]),
    ]),
    { transferSyntaxUID: '1.2.840.10008.1.2.5', mediaStorageUid: ids.instance },
  );
  beforeAll(async () => {
    expect((await stowSingle(url, file)).status).toBe(200);
  });

  it('gives the frames that are whole, in the order of the list', async () => {
    const parts = await partsOf(await get(`${at(ids)}/frames/2,1`, multipartOctets));
    expect(parts.map(({ bytes }) => sha256(bytes))).toEqual([sha256(pixels(2)), sha256(pixels(1))]);
    expect(parts[0]?.headers['content-type']).toBe(`application/octet-stream; transfer-syntax=${explicit}`);
  });

  it('is 406 for the damaged frame, which can still be had as it is stored', async () => {
    expect((await get(`${at(ids)}/frames/3`, 'application/octet-stream')).status).toBe(406);
    const stored = await get(`${at(ids)}/frames/3`, 'application/octet-stream; transfer-syntax=*');
    expect(sha256(await bytesOf(stored))).toBe(sha256(Buffer.alloc(70, 0xee)));
  });

  it.each<[string, string, string]>([
    ['frames', '/frames/1,2,3', multipartOctets],
    ['an uncompressed instance', '', 'application/dicom'],
    ['a compressed instance', '', 'application/dicom; transfer-syntax=1.2.840.10008.1.2.4.80'],
  ])('is 406 for %s where the damage is met before anything has gone out', async (_what, of, accept) => {
    const response = await get(`${at(ids)}${of}`, accept);
    expect([response.status, response.headers.get('Content-Type')]).toEqual([406, 'application/problem+json']);
    expect(await response.text()).toContain('transfer-syntax=*');
  });
});
