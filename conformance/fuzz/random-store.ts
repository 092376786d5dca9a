import { gzipSync } from 'node:zlib';
import { nativeModelXml } from '../../src/http/message/native-model-xml.js';
import type { DicomJson } from '../../src/standard/dicom-json.js';
import type { Choices } from './choices.js';
import type { Corpus } from './corpus.js';
import type { NamedBytes } from './made-files.js';
import { mutateBytes } from './mutate-bytes.js';
import { mutateDicom, withUid } from './mutate-dicom.js';
import { mutateImage } from './mutate-image.js';
import { randomMultipart } from './random-multipart.js';
import { randomText, withoutSurrogates } from './random-text.js';

/** One request that stores. */
export interface StoreRequest {
  path: string;
  /** Its Content-Type. */
  type: string;
  body: Buffer;
  /** Its Content-Encoding. */
  coding?: string;
}

/** What requests are made of. */
export interface StoreMaterial {
  corpus: Corpus;
  images: readonly NamedBytes[];
}

type MakeStore = (material: StoreMaterial, random: Choices, number: number) => StoreRequest;

/** A request that stores damaged instances or images: alone, in multiparts or in forms. */
export function randomStore(material: StoreMaterial, random: Choices, number: number): StoreRequest {
  return random.pick(kinds)(material, random, number);
}

const kinds: readonly MakeStore[] = [single, single, parts, brokenParts, image, form, metadata, metadata, packed];

function instance({ corpus }: StoreMaterial, random: Choices, number: number): Buffer {
  const { bytes } = corpus.pick(random);
  const uid = `2.25.${number}${random.whole(100, 999)}`;
  return random.once(30) ? withUid(bytes, uid) : mutateDicom(random, bytes, { other: corpus.pick(random).bytes, uid });
}

function single(material: StoreMaterial, random: Choices, number: number): StoreRequest {
  return { path: studies(random), type: 'application/dicom', body: instance(material, random, number) };
}

function parts(material: StoreMaterial, random: Choices, number: number): StoreRequest {
  const boundary = 'frontier';
  const contents = Array.from({ length: random.whole(1, 4) }, () => instance(material, random, number));
  const pieces = contents.flatMap((content) => [
    Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ]);
  const body = Buffer.concat([...pieces, Buffer.from(`--${boundary}--`)]);
  return { path: studies(random), type: `multipart/related; type="application/dicom"; boundary=${boundary}`, body };
}

function brokenParts(material: StoreMaterial, random: Choices, number: number): StoreRequest {
  const boundary = random.pick(['b', '--', 'x'.repeat(70)]);
  const body = randomMultipart(random, boundary, [instance(material, random, number), random.bytes(20)]);
  const inside = random.pick(['application/dicom', 'application/dicom', 'a/b']);
  const type = `multipart/related; type="${inside}"; boundary=${boundary}`;
  return { path: studies(random), type, body: random.once(2) ? body : mutateBytes(random, body) };
}

/** Metadata in JSON or XML with bulk data of any type, sometimes damaged. */
function metadata(material: StoreMaterial, random: Choices, number: number): StoreRequest {
  const isXml = random.once(3);
  const type = `application/dicom+${isXml ? 'xml' : 'json'}`;
  const dataSet = randomDataSet(random, number, { isXml });
  const text = isXml ? nativeModelXml(dataSet, () => undefined) : JSON.stringify([dataSet]);
  const said = Buffer.from(text);
  const values = Array.from({ length: random.whole(0, 3) }, (): [string, Buffer] => [
    random.pick(BULK_TYPES),
    random.once(3) ? random.bytes(random.whole(0, 400)) : picture(material, random).bytes,
  ]);
  const pieces = [
    `--meta\r\nContent-Type: ${type}\r\n\r\n`,
    random.once(3) ? mutateBytes(random, said) : said,
    ...values.flatMap(([mediaType, bytes]) => [
      `\r\n--meta\r\nContent-Type: ${mediaType}\r\nContent-Location: ${random.once(9) ? 'other' : 'bulk'}\r\n\r\n`,
      bytes,
    ]),
    '\r\n--meta--',
  ];
  const body = Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
  return { path: studies(random), type: `multipart/related; type="${type}"; boundary=meta`, body };
}

const BULK_TYPES = [
  'application/octet-stream',
  'application/pdf',
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/jp2',
  'image/jls',
  'image/dicom-rle',
  'video/mp4',
  'application/octet-stream; transfer-syntax=1.2.840.10008.1.2.4.50',
];

/** An object that can be stored, and some elements that are seldom right. */
function randomDataSet(random: Choices, number: number, { isXml }: { isXml: boolean }): DicomJson {
  const uid = `2.25.${number}${random.whole(100, 999)}`;
  const dataSet: Record<string, unknown> = {
    '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.7'] },
    '00080018': { vr: 'UI', Value: [uid] },
    '0020000D': { vr: 'UI', Value: ['2.25.1'] },
    '0020000E': { vr: 'UI', Value: ['2.25.2'] },
    [random.pick(['7FE00010', '7FE00010', '00420011'])]: { vr: 'OB', BulkDataURI: 'bulk' },
  };
  for (let count = random.whole(0, 4); count > 0; count--) {
    const vr = random.pick(['US', 'SS', 'AT', 'FD', 'PN', 'SQ', 'LO', 'UI', 'OB', 'UN', 'SV', 'x']);
    const value = random.pick<unknown>([
      1,
      -1,
      1e300,
      null,
      text(random),
      {},
      { Alphabetic: text(random) },
      [],
      '00080018',
    ]);
    const tag = random.pick(['00280010', '00100010', '00080060', '00081140', '00091010', '7FE00008', 'x', '00280008']);
    // XML has no words for an item whose elements are none.
    const Value = [vr === 'SQ' && isXml ? {} : value];
    dataSet[tag] = random.once(6) ? { vr, InlineBinary: text(random) } : { vr, Value };
  }
  return dataSet as DicomJson;
}

/** A body that is gzip, or says so. */
function packed(material: StoreMaterial, random: Choices, number: number): StoreRequest {
  const request = random.pick([single, parts])(material, random, number);
  const body = random.once(6) ? request.body : gzipSync(request.body, { level: 1 });
  return { ...request, body: random.once(3) ? mutateBytes(random, body) : body, coding: 'gzip' };
}

function picture({ images }: StoreMaterial, random: Choices): NamedBytes {
  const { name, bytes } = random.pick(images);
  return { name, bytes: random.once(6) ? bytes : mutateImage(random, bytes, random.pick(images).bytes) };
}

function image(material: StoreMaterial, random: Choices): StoreRequest {
  const { name, bytes } = picture(material, random);
  const query = new URLSearchParams({ PatientID: 'P-1', fileName: name });
  if (random.once(3))
    query.set(random.pick(['PatientID', 'acquisition', 'fileName', 'StudyInstanceUID']), text(random));
  const type = name.endsWith('png') ? 'image/png' : 'image/jpeg';
  return { path: `/dicom-web/studies?${query.toString()}`, type, body: bytes };
}

function form(material: StoreMaterial, random: Choices): StoreRequest {
  const boundary = 'form';
  const files = Array.from({ length: random.whole(1, 3) }, () => picture(material, random));
  const fields = random.once(3) ? [random.pick(['acquisition', 'StudyInstanceUID', '__proto__', 'x[y]'])] : [];
  const pieces = [
    ...fields.flatMap((name) => [
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text(random)}\r\n`,
    ]),
    ...files.flatMap(({ name, bytes }) => [
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${random.once(3) ? quoted(random) : name}"\r\n` +
        `Content-Type: ${random.pick(['image/png', 'image/jpeg', 'application/octet-stream'])}\r\n\r\n`,
      bytes,
      '\r\n',
    ]),
    `--${boundary}--\r\n`,
  ];
  const body = Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece)));
  return {
    path: `/dicom-web/patients/P-${random.whole(1, 3)}/images`,
    type: `multipart/form-data; boundary=${boundary}`,
    body: random.once(3) ? mutateBytes(random, body) : body,
  };
}

const studies = (random: Choices): string =>
  random.once(20) ? `/dicom-web/studies/1.2.${random.whole(1, 9)}` : '/dicom-web/studies';
const text = (random: Choices): string => withoutSurrogates(randomText(random, 200));
const quoted = (random: Choices): string => text(random).replace(/["\r\n\0]/g, '_');
