import { accept } from '../ask/accept.js';
import { partsOf } from '../ask/multipart.js';
import { dicomParts } from '../judge/dicom-parts.js';
import { type ReadFile, readFile } from '../judge/read-file.js';
import { must, requireOffered, requireStatus, requireType } from '../judge/require-status.js';
import { storedIn } from '../judge/stored-in.js';
import { type MadeInstance, pathOf } from '../made/made-instance.js';
import { EXPLICIT, IMPLICIT } from '../made/write-file.js';
import type { Checked, Group, Row } from '../row.js';

/** One instance, by the Accept header. */
async function retrieved({ server }: Checked, instance: MadeInstance, accepted: string): Promise<ReadFile> {
  const files = dicomParts(requireStatus(await server.get(pathOf(instance), accepted), 200));
  const file = files.get(instance.instance);
  must(file && files.size === 1, `The answer has ${files.size} instances, and not just the one that was asked for.`);
  return file;
}

function requireSame(file: ReadFile, made: MadeInstance): void {
  for (const [tag, vr, value] of made.elements) {
    if (vr === 'SQ' || tag === 0x7fe00010 || typeof value !== 'string') continue;
    const name = `(${(tag >>> 16).toString(16).padStart(4, '0')},${(tag & 0xffff).toString(16).padStart(4, '0')})`;
    must(file.text(tag) === value, `${name} is "${file.text(tag).slice(0, 80)}", and was stored as "${value}".`);
  }
}

function requirePixels(file: ReadFile, made: MadeInstance): void {
  const pixels = file.values.get(0x7fe00010);
  must(pixels, 'The file has no native Pixel Data.');
  const stored = Buffer.concat(made.frames);
  must(
    pixels.subarray(0, stored.length).equals(stored) && pixels.length <= stored.length + 1,
    'The pixels are not those that were stored.',
  );
}

/** Explicit VR Little Endian is what a server answers when no transfer syntax is asked for, of whatever it holds without loss. */
const DECODED_ROWS: Row[] = [
  'Implicit VR Little Endian',
  'Deflated Explicit VR Little Endian',
  'RLE Lossless',
  'JPEG Lossless',
  'JPEG-LS Lossless',
  'JPEG 2000 Lossless',
].map((name) => ({
  name: `decode-${name.toLowerCase().replaceAll(' ', '-')}`,
  level: 'MUST',
  section: 'PS3.18 §8.7.3',
  sentence: `What was stored in ${name} comes in Explicit VR Little Endian, with the same pixels, when no transfer syntax is asked for.`,
  check: async (checked) => {
    const made = await storedIn(checked.server, checked.data.compressed, name);
    const file = await retrieved(checked, made, accept.dicom);
    must(file.TransferSyntaxUID === EXPLICIT, `It comes in ${file.TransferSyntaxUID}.`);
    requirePixels(file, made);
  },
}));

const requireCount = (files: Map<string, ReadFile>, made: readonly MadeInstance[]): void => {
  const missing = made.filter(({ instance }) => !files.has(instance));
  must(
    missing.length === 0 && files.size === made.length,
    `The answer has ${files.size} instances, and not the ${made.length} that were stored.`,
  );
};

export const retrieveInstances: Group = {
  title: 'Retrieve: studies, series, instances',
  rows: [
    {
      name: 'retrieve-study',
      level: 'MUST',
      section: 'PS3.18 §10.4.1.1.1',
      sentence: 'A study comes with all its instances.',
      check: async ({ server, data }) => {
        requireCount(
          dicomParts(requireStatus(await server.get(`/studies/${data.main.study}`, accept.dicom), 200)),
          data.main.all,
        );
      },
    },
    {
      name: 'retrieve-series',
      level: 'MUST',
      section: 'PS3.18 §10.4.1.1.1',
      sentence: 'A series comes with its instances, and no others.',
      check: async ({ server, data: { main } }) => {
        const answer = await server.get(`/studies/${main.study}/series/${main.first.series}`, accept.dicom);
        requireCount(dicomParts(requireStatus(answer, 200)), [main.first, main.second]);
      },
    },
    {
      name: 'retrieve-instance',
      level: 'MUST',
      section: 'PS3.18 §10.4.1.1.1',
      sentence: 'An instance comes as one part, with the attributes that were stored.',
      check: async (checked) => {
        const { first } = checked.data.main;
        requireSame(await retrieved(checked, first, accept.dicom), first);
      },
    },
    {
      name: 'retrieve-pixels',
      level: 'MUST',
      section: 'PS3.18 §10.4.3.3',
      sentence: 'The pixels of a 16 bit image, of several frames and of colour come as they were stored.',
      check: async (checked) => {
        const { first, frames, colour } = checked.data.main;
        for (const made of [first, frames, colour]) requirePixels(await retrieved(checked, made, accept.dicom), made);
      },
    },
    {
      name: 'retrieve-documents',
      level: 'MUST',
      section: 'PS3.18 §10.4.3.3',
      sentence: 'A report and a PDF come as they were stored.',
      check: async (checked) => {
        const { report, document, pdf } = checked.data.main;
        requireSame(await retrieved(checked, report, accept.dicom), report);
        const file = await retrieved(checked, document, accept.dicom);
        must(file.values.get(0x00420011)?.equals(pdf), 'Encapsulated Document (0042,0011) is not what was stored.');
      },
    },
    {
      name: 'retrieve-explicit',
      level: 'MUST',
      section: 'PS3.18 §8.7.3.5.2',
      sentence: 'An instance that is asked for in Explicit VR Little Endian comes in it.',
      check: async (checked) => {
        const file = await retrieved(checked, checked.data.main.first, `${accept.dicom}; transfer-syntax=${EXPLICIT}`);
        must(file.TransferSyntaxUID === EXPLICIT, `It comes in ${file.TransferSyntaxUID}.`);
      },
    },
    {
      name: 'retrieve-default-type',
      level: 'MUST',
      section: 'PS3.18 §8.7.7, §10.4.4',
      sentence: 'An instance comes as application/dicom, in multipart or alone, for Accept: */*.',
      check: async ({ server, data }) => {
        const answer = requireStatus(await server.get(pathOf(data.main.first), '*/*'), 200);
        requireType(answer, 'multipart/related', 'application/dicom');
        if (answer.header('Content-Type').startsWith('multipart')) dicomParts(answer);
        else readFile(answer.body);
      },
    },
    {
      name: 'retrieve-any-is-default',
      level: 'MUST',
      section: 'PS3.18 §8.7.7, §8.7.3',
      sentence: 'What was stored in RLE comes in Explicit VR Little Endian, the default, for Accept: */*.',
      check: async (checked) => {
        const made = await storedIn(checked.server, checked.data.compressed, 'RLE Lossless');
        const answer = requireStatus(await checked.server.get(pathOf(made), '*/*'), 200);
        const isMultipart = answer.header('Content-Type').startsWith('multipart');
        const { TransferSyntaxUID } = readFile(
          isMultipart ? (partsOf(answer)[0]?.body ?? Buffer.alloc(0)) : answer.body,
        );
        must(TransferSyntaxUID === EXPLICIT, `It comes in ${TransferSyntaxUID}.`);
      },
    },
    {
      name: 'retrieve-lossy',
      level: 'MUST',
      section: 'PS3.18 §8.7.3',
      sentence:
        'What was stored in JPEG Baseline comes in it or in Explicit VR Little Endian when no transfer syntax is asked for.',
      check: async (checked) => {
        const { TransferSyntaxUID } = await retrieved(
          checked,
          await storedIn(checked.server, checked.data.compressed, 'JPEG Baseline'),
          accept.dicom,
        );
        must(['1.2.840.10008.1.2.4.50', EXPLICIT].includes(TransferSyntaxUID), `It comes in ${TransferSyntaxUID}.`);
      },
    },
    {
      name: 'retrieve-as-stored',
      level: 'SHOULD',
      section: 'PS3.18 §8.7.3.5.2',
      sentence: 'With transfer-syntax=* a compressed instance comes as it was stored, its codestream unchanged.',
      check: async (checked) => {
        const made = await storedIn(checked.server, checked.data.compressed, 'JPEG Baseline');
        const file = await retrieved(checked, made, accept.stored);
        must(file.TransferSyntaxUID === made.TransferSyntaxUID, `It comes in ${file.TransferSyntaxUID}.`);
        const [codestream = Buffer.alloc(0)] = made.codestreams;
        must(
          file.fragments && Buffer.concat(file.fragments).subarray(0, codestream.length).equals(codestream),
          'The codestream is another one.',
        );
      },
    },
    {
      name: 'retrieve-never-implicit',
      level: 'MUST',
      section: 'PS3.18 §8.7.3',
      sentence: 'Nothing comes in Implicit VR Little Endian, which shall not be used, not even with transfer-syntax=*.',
      check: async (checked) => {
        const file = await retrieved(
          checked,
          await storedIn(checked.server, checked.data.compressed, 'Implicit VR Little Endian'),
          accept.stored,
        );
        must(file.TransferSyntaxUID !== IMPLICIT, 'It comes in Implicit VR Little Endian.');
      },
    },
    {
      name: 'retrieve-single-part',
      level: 'MAY',
      section: 'PS3.18 §10.4.4',
      sentence: 'An instance comes alone, without multipart, for Accept: application/dicom.',
      check: async ({ server, data }) => {
        const answer = requireStatus(await server.get(pathOf(data.main.first), accept.singleDicom), 200);
        readFile(requireType(answer, 'application/dicom').body);
      },
    },
    {
      name: 'retrieve-single-part-series',
      level: 'MUST',
      section: 'PS3.18 §10.4.4',
      sentence: 'A series, which is more than one item, does not come as a single part of application/dicom: 406.',
      check: async ({ server, data: { main } }) => {
        requireStatus(await server.get(`/studies/${main.study}/series/${main.first.series}`, accept.singleDicom), 406);
      },
    },
    {
      name: 'retrieve-zip',
      level: 'MAY',
      section: 'PS3.18 §10.4.4',
      sentence: 'A study comes as a zip file.',
      check: async ({ server, data }) => {
        const answer = requireOffered(
          await server.get(`/studies/${data.main.study}`, 'application/zip'),
          [400, 404, 405, 406, 501],
        );
        requireType(requireStatus(answer, 200), 'application/zip');
        must(answer.body.toString('latin1', 0, 2) === 'PK', 'The body is no zip file.');
      },
    },
    ...DECODED_ROWS,
  ],
};
