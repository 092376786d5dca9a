import { dicomJsonText } from '../../src/standard/dicom-json.js';
import { readHeader } from '../../src/dicom/metadata/read-header.js';
import { bufferSource } from '../../src/base/byte-source.js';
import type { Catalog } from '../../src/catalog/catalog.js';
import type { Change, InstanceRecord } from '../../src/catalog/change.js';
import { attributeLevels } from '../../src/dicom/data-set/attributes.js';
import { encodeHeader } from '../../src/dicom/metadata/encode-header.js';
import { image, object, part10, sequence, text } from '../../src/dicom/testing/hand-made.js';
import { scanPart10 } from '../../src/dicom/part10/part10.js';
import { seeded } from '../testing/seeded.js';
import { createCorpus } from './corpus.js';

const CORPUS_FILES = 120;
const MAX_FILE_BYTES = 50_000;
const WORDS = ['a', ' ', '^', 'ab'];

/** Announces up to 124 instances to a catalogue, always the same ones: files of the corpus, and some with long values. */
export async function fillCatalog(catalog: Catalog): Promise<void> {
  const corpus = createCorpus({ of: 'dicom', isWanted: (bytes) => bytes.length < MAX_FILE_BYTES });
  const random = seeded(1);
  const files = [...Array.from({ length: CORPUS_FILES }, () => corpus.pick(random).bytes), ...WORDS.map(wordy)];
  const seen = new Set<string>();
  const contract = '0xc0';
  const changes: Change[] = [];
  for (const bytes of files) {
    const result = await scanPart10(bufferSource(bytes));
    if (result.kind !== 'header' || seen.has(result.identity.SOPInstanceUID)) continue;
    seen.add(result.identity.SOPInstanceUID);
    const header = encodeHeader(result.header);
    const { identity, metadata } = readHeader(header);
    const imageId = `0x${seen.size.toString(16).padStart(64, '0')}`;
    const record: InstanceRecord = {
      ...identity,
      transferSyntaxUID: result.header.transferSyntaxUID,
      mediaType: 'application/dicom',
      byteCount: bytes.length,
      sha256: 'ab'.repeat(32),
      dataSetSha256: result.header.dataSetSha256,
      issuer: identity.IssuerOfPatientID,
      issuerHash: undefined,
      fileName: undefined,
      ...attributeLevels(metadata),
      metadata: dicomJsonText(metadata),
      header,
      preview: Buffer.from('preview'),
    };
    changes.push({
      ...{ kind: 'announced', contract, imageId, logIndex: changes.length },
      image: {
        ...{ contract, siteId: 1, imageId, imageKey: imageId, patientKey: imageId },
        ...{ ringId: undefined, studyKey: undefined },
        ...{ body: '{}', announcedBodies: '[]', contentKey: imageId.slice(2) },
      },
      reading: { kind: 'read', record },
    });
  }
  await catalog.apply({ number: 0n, hash: '0x00', timestamp: 1_700_000_000 }, changes);
}

const isOwnUid = (value: unknown): boolean => Buffer.isBuffer(value) && value.toString().startsWith('2.25');

/** Long values: what is slow for a pattern shows. */
function wordy(word: string): Buffer {
  const long = word.repeat(4000 / word.length);
  const elements = object(
    text(0x00080018, 'UI', `2.25.${word.codePointAt(0)}${word.length}`),
    text(0x00081030, 'LO', long),
    text(0x0008103e, 'LO', `${long.slice(0, 3000)}b`),
    text(0x00100010, 'PN', long.slice(0, 2000)),
    text(0x00100020, 'LO', long),
    text(0x00204000, 'LT', long),
    sequence(0x00081140, [[text(0x00081150, 'UI', '1.2.3'), text(0x00204000, 'LT', long)]]),
    ...image(1, 1),
  );
  return part10(elements.filter(({ tag, value }) => tag !== 0x00080018 || isOwnUid(value)));
}
