import { type DicomJson, dicomJsonText } from '../../../src/standard/dicom-json.js';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { readHeader as readHeaderBody } from '../../../src/dicom/metadata/read-header.js';
import { bufferSource } from '../../../src/base/byte-source.js';
import { matchingKeys } from '../../../src/catalog/matching/matching-keys.js';
import { attributeLevels } from '../../../src/dicom/data-set/attributes.js';
import { bulkValue } from '../../../src/dicom/data-set/bulk-value.js';
import { frameBytes, frameCount } from '../../../src/dicom/data-set/frames.js';
import { encodeHeader } from '../../../src/dicom/metadata/encode-header.js';
import { type HeaderReader, openHeaderReader } from '../../../src/dicom/metadata/open-header-reader.js';
import { scanPart10 } from '../../../src/dicom/part10/part10.js';
import { transcodePart10 } from '../../../src/dicom/transcode/transcode.js';
import { LedgerError } from '../../../src/base/errors.js';
import type { Choices } from '../choices.js';
import { collected } from '../collected.js';
import { createCorpus } from '../corpus.js';
import type { NamedBytes } from '../made-files.js';
import type { Door } from '../door.js';
import { Find, requireThat, throwsLedgerErrors, throwsNothing, throwsOnly } from '../find.js';
import { mutateBytes } from '../mutate-bytes.js';

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const MAX_FILE_BYTES = 100_000;
const READ_BULK_VALUES = 3;
/** Some headers of the corpus have more. */
const MAX_INFLATED_BYTES = 20_000;
const REFUSALS = ['corrupt', 'too-large'] as const;

/** Headers as a hostile member of the consortium could announce them: every other site reads them off the chain. */
export async function openHeaderDoor(): Promise<Door> {
  const corpus = createCorpus({ of: 'dicom', isWanted: (bytes) => bytes.length < MAX_FILE_BYTES });
  const reader = openHeaderReader({ maxBytes: MAX_INFLATED_BYTES });
  const headers = new Map<string, Buffer | undefined>();
  /** What is deflated in the header of a file; undefined for a file that is refused. */
  const headerOf = async ({ name, bytes }: NamedBytes): Promise<Buffer | undefined> => {
    if (!headers.has(name)) {
      const result = await scanPart10(bufferSource(bytes));
      headers.set(name, result.kind === 'header' ? inflateRawSync(encodeHeader(result.header).subarray(1)) : undefined);
    }
    return headers.get(name);
  };
  return {
    make: async (random) => {
      let file = corpus.pick(random);
      let inner = await headerOf(file);
      while (inner === undefined) inner = await headerOf((file = corpus.pick(random)));
      const other = (await headerOf(corpus.pick(random))) ?? inner;
      const version = Buffer.from([random.once(50) ? random.whole(0, 255) : 1]);
      if (random.once(8)) {
        const deflated = Buffer.concat([version, deflateRawSync(inner)]);
        return { label: file.name, bytes: mutateBytes(random, deflated) };
      }
      const damaged = random.once(3) ? renumbered(random, inner) : mutateBytes(random, inner, other);
      return { label: file.name, bytes: Buffer.concat([version, deflateRawSync(damaged, { level: 1 })]) };
    },
    run: ({ bytes }) => readHeader(reader, bytes),
    close: () => reader.close(),
  };
}

async function readHeader(reader: HeaderReader, bytes: Buffer): Promise<void> {
  const read = await throwsOnly(REFUSALS, () => readHeaderBody(bytes, { maxBytes: MAX_INFLATED_BYTES }));
  const apart = await throwsOnly(REFUSALS, () =>
    reader.read({ header: bytes, preview: bytes }, { isForeign: true }).catch((error: unknown) => {
      if (error instanceof LedgerError && error.details['reason'] === 'timed-out') throw new Find(error.message);
      throw error;
    }),
  );
  requireThat(
    (apart?.metadata === undefined) === (read === undefined),
    'A thread reads what this one does not, or less.',
  );
  if (!read || !apart) return;
  requireThat(apart.metadata === dicomJsonText(read.metadata), 'A thread reads something else than this one.');
  requireThat(!apart.isPreviewPicture, 'A header counts as a picture.');
  await throwsNothing(() => (Object.values(attributeLevels(read.metadata)) as DicomJson[]).forEach(matchingKeys));
  const { header } = read;
  const source = bufferSource(Buffer.alloc(5000, 7));
  const count = frameCount(header.frames);
  for (const number of [1, count]) await throwsLedgerErrors(() => frameBytes(source, header, { number }));
  for (const { path } of header.bulk.slice(0, READ_BULK_VALUES))
    await throwsLedgerErrors(async () => collected((await bulkValue(source, header, path)).open()));
  const convert = (): Promise<never> => Promise.reject(new LedgerError('not-acceptable', 'Not here.'));
  const conversion = { to: EXPLICIT_LITTLE_ENDIAN, convert };
  await throwsLedgerErrors(async () => collected((await transcodePart10(source, header, conversion)).open()));
}

/** Another number in the JSON of the header, whose length stays. */
function renumbered(random: Choices, inner: Buffer): Buffer {
  const text = inner.toString('latin1');
  const found = [...text.slice(0, 20_000).matchAll(/\d+/g)];
  if (found.length === 0) return inner;
  const { index, 0: digits } = random.pick(found);
  const number = random.pick([
    '0',
    '9'.repeat(digits.length),
    '1'.padEnd(digits.length, '0'),
    '-1',
    'null',
    '1e9',
    '[]',
  ]);
  const copy = Buffer.from(inner);
  copy.write(number.slice(0, digits.length).padEnd(digits.length, ' '), index, 'latin1');
  return copy;
}
