import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { readAnnouncedHeader } from '../../../dist/archive/project/project.js';
import { bufferSource } from '../../../dist/base/byte-source.js';
import { searchKeys } from '../../../dist/catalog/matching/matching-keys.js';
import { attributeLevels } from '../../../dist/dicom/data-set/attributes.js';
import { bulkValue } from '../../../dist/dicom/data-set/bulk-value.js';
import { frameBytes, frameCount } from '../../../dist/dicom/data-set/frames.js';
import { encodeHeader } from '../../../dist/dicom/metadata/encode-header.js';
import { scanPart10 } from '../../../dist/dicom/part10/part10.js';
import { transcodePart10 } from '../../../dist/dicom/transcode/transcode.js';
import { LedgerError } from '../../../dist/base/errors.js';
import { collected, only } from '../allowed.mjs';
import { openCorpus } from '../corpus.mjs';
import { mutateBytes } from '../mutate-bytes.mjs';

const as = { to: '1.2.840.10008.1.2.1', convert: () => Promise.reject(new LedgerError('not-acceptable', 'Not here.')) };
const isShort = (bytes) => bytes.length < 100_000;

/** Headers as a hostile member of the consortium could announce them: every other site reads them off the chain. */
export async function openDoor() {
  const corpus = openCorpus({ of: 'dicom', isWanted: isShort });
  const headers = new Map();
  /** What is deflated in the header of a file. */
  const headerOf = async ({ name, bytes }) => {
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
    run: async ({ bytes }) => {
      const read = await only(['corrupt'], async () => readAnnouncedHeader(bytes));
      if (!read) return;
      await only([], async () => Object.values(attributeLevels(read.metadata)).forEach(searchKeys));
      const { header } = read;
      const source = bufferSource(Buffer.alloc(5000, 7));
      const count = frameCount(header.frames);
      for (const number of [1, count]) await only(undefined, () => frameBytes(source, header, { number }));
      for (const { path } of header.bulk.slice(0, 3))
        await only(undefined, async () => collected((await bulkValue(source, header, path)).open()));
      await only(undefined, async () => collected((await transcodePart10(source, header, as)).open()));
    },
    close: async () => undefined,
  };
}

/** Another number in the JSON of the header, whose length stays. */
function renumbered(random, inner) {
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
