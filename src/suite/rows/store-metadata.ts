import { accept } from '../ask/accept.js';
import { multipart } from '../ask/multipart.js';
import type { Answer } from '../ask/server.js';
import { dicomParts } from '../judge/dicom-parts.js';
import { must, requireOffered, requireStatus } from '../judge/require-status.js';
import { jsonOf, xmlOf } from '../made/json-of.js';
import { madeCodestreams } from '../made/made-codestreams.js';
import { type MadeInstance, pathOf } from '../made/made-instance.js';
import { EXPLICIT } from '../made/write-file.js';
import type { Checked, Group, Row } from '../row.js';

const NONE = [405, 415, 501];
const BULK = 'http://suite.invalid/bulk/1';

interface Bulk {
  tag: string;
  vr: string;
  type: string;
  bytes: Buffer;
}

/** Stores metadata and one bulk value in parts of their own (PS3.18 §10.5.2). */
async function storeParts(
  { server }: Checked,
  made: MadeInstance,
  form: 'json' | 'xml',
  { tag, vr, type, bytes }: Bulk,
  without: readonly string[] = [],
): Promise<Answer> {
  const attributes = { ...jsonOf(made.elements), [tag]: { vr, BulkDataURI: BULK } };
  const kept = Object.fromEntries(Object.entries(attributes).filter(([key]) => !without.includes(key)));
  const media = `application/dicom+${form}`;
  const metadata = form === 'json' ? JSON.stringify([kept]) : xmlOf(kept);
  const { body, contentType } = multipart(media, [
    { headers: { 'Content-Type': `${media}; transfer-syntax=${EXPLICIT}` }, body: Buffer.from(metadata) },
    { headers: { 'Content-Type': type, 'Content-Location': BULK }, body: bytes },
  ]);
  const answer = await server.ask('POST', '/studies', {
    headers: { Accept: accept.json, 'Content-Type': contentType },
    body,
  });
  return requireStatus(requireOffered(answer, NONE), 200, 202);
}

const pixelsOf = (made: MadeInstance): Bulk => ({
  tag: '7FE00010',
  vr: 'OW',
  type: 'application/octet-stream',
  bytes: made.frames[0] ?? Buffer.alloc(0),
});

const pixelRow = (form: 'json' | 'xml'): Row => ({
  name: `store-metadata-${form}`,
  level: 'MUST',
  section: 'PS3.18 §10.5.2, Table 8.7.3-2',
  sentence: `Metadata in ${form.toUpperCase()} with Pixel Data in a part of their own become an instance with those attributes and pixels.`,
  check: async (checked) => {
    const made = checked.another();
    await storeParts(checked, made, form, pixelsOf(made));
    const file = dicomParts(requireStatus(await checked.server.get(pathOf(made), accept.dicom), 200)).get(
      made.instance,
    );
    must(
      file?.values.get(0x7fe00010)?.equals(made.frames[0] ?? Buffer.alloc(0)),
      'The pixels are not those that were sent.',
    );
    must(file?.text(0x00081030) === 'Conformance of a server', 'StudyDescription is not what was sent.');
  },
});

/** The Image Pixel Description Macro, which the server derives from a compressed image. */
const DERIVED = [
  '00280002',
  '00280004',
  '00280010',
  '00280011',
  '00280100',
  '00280101',
  '00280102',
  '00280103',
  '00281050',
  '00281051',
  '00281052',
  '00281053',
];

export const storeMetadata: Group = {
  title: 'Store: metadata and bulk data',
  rows: [
    pixelRow('json'),
    pixelRow('xml'),
    {
      name: 'store-metadata-jpeg',
      level: 'MUST',
      section: 'PS3.18 §10.5.2, Table 10.5.2-1',
      sentence: 'Of an image/jpeg part beside the metadata the server derives Rows and Columns itself.',
      check: async (checked) => {
        const made = checked.another();
        await storeParts(
          checked,
          made,
          'json',
          { tag: '7FE00010', vr: 'OB', type: 'image/jpeg', bytes: madeCodestreams.JPEG_BASELINE },
          DERIVED,
        );
        const file = dicomParts(requireStatus(await checked.server.get(pathOf(made), accept.stored), 200)).get(
          made.instance,
        );
        must(file, 'The instance is not in the answer.');
        must(file.values.get(0x00280010)?.readUInt16LE() === 24, 'Rows (0028,0010) is not 24.');
        must(file.values.get(0x00280011)?.readUInt16LE() === 32, 'Columns (0028,0011) is not 32.');
      },
    },
    {
      name: 'store-metadata-missing-part',
      level: 'MUST',
      section: 'PS3.18 §10.5.2',
      sentence: 'Metadata whose bulk data do not come with them are refused.',
      check: async ({ server, another }) => {
        const made = another();
        const attributes = { ...jsonOf(made.elements), '7FE00010': { vr: 'OW', BulkDataURI: BULK } };
        const type = 'application/dicom+json';
        const { body, contentType } = multipart(type, [
          { headers: { 'Content-Type': type }, body: Buffer.from(JSON.stringify([attributes])) },
        ]);
        const answer = await server.ask('POST', '/studies', {
          headers: { Accept: accept.json, 'Content-Type': contentType },
          body,
        });
        requireOffered(answer, [415, 501]);
        must(answer.status >= 400 && answer.status < 500, `Answered ${answer.status}.`);
      },
    },
  ],
};
