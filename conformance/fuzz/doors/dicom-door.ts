import { dicomJsonText, type DicomJson } from '../../../src/standard/dicom-json.js';
import { isEncapsulated } from '../../../src/standard/transfer-syntaxes.js';
import { readHeader } from '../../../src/dicom/metadata/read-header.js';
import { bufferSource, type ByteSource } from '../../../src/base/byte-source.js';
import { matchingKeys } from '../../../src/catalog/matching/matching-keys.js';
import { attributeLevels } from '../../../src/dicom/data-set/attributes.js';
import { bulkValue } from '../../../src/dicom/data-set/bulk-value.js';
import { frameBytes, frameCount } from '../../../src/dicom/data-set/frames.js';
import type { InstanceHeader } from '../../../src/dicom/data-set/instance-header.js';
import { decodeHeader, encodeHeader } from '../../../src/dicom/metadata/encode-header.js';
import { createDataSetDigest } from '../../../src/dicom/part10/data-set-digest.js';
import { scanPart10 } from '../../../src/dicom/part10/part10.js';
import { transcodePart10 } from '../../../src/dicom/transcode/transcode.js';
import { collected } from '../collected.js';
import { createCorpus } from '../corpus.js';
import type { Door } from '../door.js';
import { Find, requireThat, throwsLedgerErrors, throwsNothing } from '../find.js';
import { mutateDicom } from '../mutate-dicom.js';

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const MAX_INFLATED_BYTES = 64 * 1024 * 1024;
const READ_BULK_VALUES = 5;

/** Part 10 files through everything that the server does with one: scan, header, JSON, search keys, frames, bulk, transcode. */
export async function openDicomDoor(): Promise<Door> {
  const corpus = createCorpus({ of: 'dicom' });
  return {
    make: (random) => {
      const { name, bytes } = corpus.pick(random);
      return { label: name, bytes: mutateDicom(random, bytes, { other: corpus.pick(random).bytes }) };
    },
    run: ({ bytes }) => readDicom(bytes),
    close: async () => undefined,
  };
}

async function readDicom(bytes: Buffer): Promise<void> {
  const source = bufferSource(bytes);
  const digest = createDataSetDigest();
  digest.update(bytes);
  digest.digest();
  const result = await throwsNothing(() => scanPart10(source, { maxInflatedBytes: MAX_INFLATED_BYTES }));
  if (result.kind === 'refused') {
    const { length } = result.message;
    requireThat(length > 0 && length < 1000, `The refusal says "${result.message}".`);
    return;
  }
  const { header } = result;
  const announced = encodeHeader(header);
  const { identity, metadata } = await throwsNothing(() => readHeader(announced));
  requireThat(
    encodeHeader(decodeHeader(announced)).equals(announced),
    'The header is another one when it is read back.',
  );
  const isSame = identity.SOPInstanceUID === result.identity.SOPInstanceUID;
  requireThat(isSame, 'The header has another UID than the file.');
  await throwsNothing(() => {
    JSON.parse(dicomJsonText(metadata));
    for (const part of Object.values(attributeLevels(metadata)) as DicomJson[]) matchingKeys(part);
  });
  await readFrames(source, header);
  for (const { path } of header.bulk.slice(0, READ_BULK_VALUES))
    await throwsLedgerErrors(async () => collected((await bulkValue(source, header, path)).open()));
  if (!isEncapsulated(header.transferSyntaxUID)) await transcode(source, header);
}

async function readFrames(source: ByteSource, header: InstanceHeader): Promise<void> {
  const count = frameCount(header.frames);
  for (const number of new Set([1, Math.ceil(count / 2), count, count + 1]))
    for (const as of ['stored', 'explicit-little-endian'] as const)
      if (as === 'stored' || header.frames?.kind === 'native')
        await throwsLedgerErrors(() => frameBytes(source, header, { number, as }));
}

async function transcode(source: ByteSource, header: InstanceHeader): Promise<void> {
  const made = await throwsLedgerErrors(async () => {
    const to = EXPLICIT_LITTLE_ENDIAN;
    const convert = (): Promise<never> => Promise.reject(new Find('A frame that is not compressed was to be decoded.'));
    const output = await transcodePart10(source, header, { to, convert });
    return { byteCount: output.byteCount, bytes: await collected(output.open()) };
  });
  if (!made) return;
  const { byteCount, bytes } = made;
  const isAnnounced = byteCount === undefined || byteCount === bytes.length;
  requireThat(isAnnounced, `${byteCount} bytes were announced, ${bytes.length} came.`);
  const again = await scanPart10(bufferSource(bytes));
  if (again.kind === 'refused') throw new Find(`What was transcoded is refused: ${again.message}`);
}
