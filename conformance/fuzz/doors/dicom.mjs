import { attributeLevels } from '../../../dist/dicom/data-set/attributes.js';
import { bulkValue } from '../../../dist/dicom/data-set/bulk-value.js';
import { readAnnouncedHeader } from '../../../dist/archive/project/project.js';
import { bufferSource } from '../../../dist/base/byte-source.js';
import { searchKeys } from '../../../dist/catalog/matching/matching-keys.js';
import { dicomJsonText } from '../../../dist/standard/dicom-json.js';
import { createDataSetDigest } from '../../../dist/dicom/part10/data-set-digest.js';
import { frameBytes, frameCount } from '../../../dist/dicom/data-set/frames.js';
import { decodeHeader, encodeHeader } from '../../../dist/dicom/metadata/encode-header.js';
import { scanPart10 } from '../../../dist/dicom/part10/part10.js';
import { transcodePart10 } from '../../../dist/dicom/transcode/transcode.js';
import { collected, only, require } from '../allowed.mjs';
import { openCorpus } from '../corpus.mjs';
import { mutateDicom } from '../mutate-dicom.mjs';
import { isEncapsulated } from '../../../dist/standard/transfer-syntaxes.js';

const explicitLittleEndian = '1.2.840.10008.1.2.1';
const maxInflatedBytes = 64 * 1024 * 1024;

/** Part 10 files through everything that the server does with one: scan, header, JSON, search keys, frames, bulk, transcode. */
export async function openDoor() {
  const corpus = openCorpus({ of: 'dicom' });
  return {
    make: (random) => {
      const { name, bytes } = corpus.pick(random);
      return { label: name, bytes: mutateDicom(random, bytes, { other: corpus.pick(random).bytes }) };
    },
    run: ({ bytes }) => readDicom(bytes),
    close: async () => undefined,
  };
}

export async function readDicom(bytes) {
  const source = bufferSource(bytes);
  const digest = createDataSetDigest();
  digest.update(bytes);
  digest.digest();
  const result = await only([], () => scanPart10(source, { maxInflatedBytes }));
  if (result.kind === 'refused') {
    require(result.message.length > 0 && result.message.length < 1000, `The refusal says "${result.message}".`);
    return;
  }
  const { header } = result;
  const announced = encodeHeader(header);
  const { identity, metadata } = await only([], async () => readAnnouncedHeader(announced));
  require(encodeHeader(decodeHeader(announced)).equals(announced), 'The header is another one when it is read back.');
  require(identity.SOPInstanceUID === result.identity.SOPInstanceUID, 'The header has another UID than the file.');
  await only([], async () => {
    JSON.parse(dicomJsonText(metadata));
    for (const part of Object.values(attributeLevels(metadata))) searchKeys(part);
  });
  const count = frameCount(header.frames);
  for (const number of new Set([1, Math.ceil(count / 2), count, count + 1]))
    for (const as of ['stored', 'explicit-little-endian'])
      if (as === 'stored' || header.frames?.kind === 'native')
        await only(undefined, () => frameBytes(source, header, { number, as }));
  for (const { path } of header.bulk.slice(0, 5))
    await only(undefined, async () => collected((await bulkValue(source, header, path)).open()));
  if (!isEncapsulated(header.transferSyntaxUID)) await transcode(source, header);
}

async function transcode(source, header) {
  const made = await only(undefined, async () => {
    const { byteCount, open } = await transcodePart10(source, header, { to: explicitLittleEndian });
    return { byteCount, bytes: await collected(open()) };
  });
  if (!made) return;
  const { byteCount, bytes } = made;
  require(byteCount === undefined ||
    byteCount === bytes.length, `${byteCount} bytes were announced, ${bytes.length} came.`);
  const again = await scanPart10(bufferSource(bytes));
  require(again.kind === 'header', `What was transcoded is refused: ${again.message}`);
}
