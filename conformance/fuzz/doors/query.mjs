import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readAnnouncedHeader } from '../../../dist/archive/project/project.js';
import { bufferSource } from '../../../dist/base/byte-source.js';
import { openCatalog } from '../../../dist/catalog/sqlite/open-catalog.js';
import { attributeLevels } from '../../../dist/dicom/data-set/attributes.js';
import { attribute } from '../../../dist/dicom/data-set/dictionary.js';
import { encodeHeader } from '../../../dist/dicom/metadata/encode-header.js';
import { scanPart10 } from '../../../dist/dicom/part10/part10.js';
import { dicomJsonText } from '../../../dist/standard/dicom-json.js';
import { maxResults, parseQidoKeys } from '../../../dist/http/qido/qido-keys.js';
import { part10, object, sequence, text, image } from '../../../dist/dicom/testing/hand-made.js';
import { only, require } from '../allowed.mjs';
import { seeded } from '../../faults/random.mjs';
import { openCorpus } from '../corpus.mjs';
import { randomQuery } from '../random-query.mjs';

const levelsOfQuery = ['patient', 'study', 'series', 'instance'];

/** QIDO keys, read as the route reads them and searched for in a catalogue of real and long-worded instances. */
export async function openDoor() {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-fuzz-'));
  const catalog = openCatalog({ file: path.join(folder, 'catalog.sqlite') });
  await fill(catalog);
  return {
    make: (random) => ({ label: random.pick(levelsOfQuery), bytes: Buffer.from(randomQuery(random), 'latin1') }),
    run: async ({ label: level, bytes }) => {
      const parameters = new URLSearchParams(bytes.toString('latin1'));
      const read = await only(['bad-request'], async () => parseQidoKeys({ attribute }, { level, parameters }));
      if (!read) return;
      const found = await only(['bad-request'], async () => catalog.search(read.query));
      if (!found) return;
      JSON.stringify(found);
      require(found.matches.length <= maxResults[level], `${found.matches.length} matches came back.`);
    },
    close: async () => {
      catalog.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function fill(catalog) {
  const corpus = openCorpus({ of: 'dicom', isWanted: (bytes) => bytes.length < 50_000 });
  const random = seeded(1);
  const files = [
    ...Array.from({ length: 120 }, () => corpus.pick(random).bytes),
    wordy('a'),
    wordy(' '),
    wordy('^'),
    wordy('ab'),
  ];
  const seen = new Set();
  const changes = [];
  for (const bytes of files) {
    const result = await scanPart10(bufferSource(bytes));
    if (result.kind !== 'header' || seen.has(result.identity.SOPInstanceUID)) continue;
    seen.add(result.identity.SOPInstanceUID);
    const header = encodeHeader(result.header);
    const { identity, metadata } = readAnnouncedHeader(header);
    const imageKey = `0x${seen.size.toString(16).padStart(64, '0')}`;
    const record = {
      ...identity,
      imageKey,
      patientKey: imageKey,
      siteId: 1,
      transferSyntaxUID: result.header.transferSyntaxUID,
      mediaType: 'application/dicom',
      byteCount: bytes.length,
      sha256: 'ab'.repeat(32),
      fileName: undefined,
      ...attributeLevels(metadata),
      metadata: dicomJsonText(metadata),
      header,
      preview: Buffer.from('preview'),
      body: '{}',
    };
    changes.push({ kind: 'announced', imageKey, logIndex: changes.length, record });
  }
  catalog.apply({ number: 0n, hash: '0x00', timestamp: 1_700_000_000 }, changes);
}

/** Long values: what is slow for a pattern shows. */
function wordy(word) {
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
  return part10(elements.filter(({ tag, value }) => tag !== 0x00080018 || String(value).startsWith('2.25')));
}
