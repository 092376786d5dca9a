// What the catalogue costs: one block an announcement and one a seal, as when slices come in one by one, then searches.
// usage: npm run bench:catalog -- [instances, default 100000] [instances a block, default 1]
import { announcedChange, type NumberedRecord, retiredChange, sealedChange } from '../catalog-changes.js';
import { firstPage, key } from '../catalog-queries.js';
import { catalogRecord, element } from '../catalog-record.js';
import type { DicomJson } from '../../src/standard/dicom-json.js';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import type { Change } from '../../src/catalog/change.js';
import { openTestCatalog } from '../../src/catalog/testing/open-test-catalog.js';
import { median } from '../statistics.js';

const PER_SERIES = 125;
const SERIES_PER_STUDY = 4;
const NAMES = ['Doe^John', 'Müller^Jörg', 'Yamada^Tarou', 'Smith^Ann', 'García^Ana'];

const total = Number(process.argv[2] ?? 100_000);
const perBlock = Number(process.argv[3] ?? 1);
const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-bench-'));
const file = path.join(folder, 'catalog.db');
const catalog = openTestCatalog({ file });
const preview = randomBytes(12_000);
const header = randomBytes(3_000);

function numbered(index: number): NumberedRecord {
  const series = Math.floor(index / PER_SERIES);
  const study = Math.floor(series / SERIES_PER_STUDY);
  const patient = Math.floor(study / 2);
  const day = `20${String(10 + (study % 15))}${String(1 + (study % 12)).padStart(2, '0')}${String(1 + (study % 28)).padStart(2, '0')}`;
  const StudyInstanceUID = `1.2.3.${study}`;
  const SeriesInstanceUID = `1.2.4.${series}`;
  const SOPInstanceUID = `1.2.5.${index}`;
  const ofStudy: DicomJson = {
    '00080020': element('DA', day),
    '00080030': element('TM', '101500'),
    '00080050': element('SH', `A${study}`),
    '00080090': element('PN', { Alphabetic: 'Referrer^R' }),
    '00081030': element('LO', study % 3 ? 'CT Thorax' : 'MR Knee'),
    '00100010': element('PN', { Alphabetic: `${NAMES[patient % NAMES.length]}^${patient}` }),
    '00100020': element('LO', `P${patient}`),
    '00100030': element('DA', '19700101'),
    '00100040': element('CS', 'O'),
    '0020000D': element('UI', StudyInstanceUID),
    '00200010': element('SH', String(study)),
  };
  const ofSeries: DicomJson = {
    '00080060': element('CS', study % 3 ? 'CT' : 'MR'),
    '0008103E': element('LO', `Series ${series}`),
    '0020000E': element('UI', SeriesInstanceUID),
    '00200011': element('IS', series % SERIES_PER_STUDY),
  };
  const ofInstance: DicomJson = {
    '00080016': element('UI', '1.2.840.10008.5.1.4.1.1.2'),
    '00080018': element('UI', SOPInstanceUID),
    '00200013': element('IS', index % PER_SERIES),
    '00280010': element('US', 512),
    '00280011': element('US', 512),
  };
  for (let each = 0; each < 40; each++)
    ofInstance[`0018${(0x1000 + each).toString(16).toUpperCase()}`] = element('DS', String((index * each) / 7));
  const record = catalogRecord({
    ...{ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID },
    ...{ study: ofStudy, series: ofSeries, instance: ofInstance, header, preview },
  });
  return { index, patient, record };
}

async function timed(label: string, work: () => Promise<string | number | void>, runs = 20): Promise<void> {
  const times: number[] = [];
  let result: string | number | void = undefined;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    result = await work();
    times.push(performance.now() - start);
  }
  console.log(`${label.padEnd(58)} ${median(times).toFixed(2).padStart(9)} ms  ${result ?? ''}`);
}

let number = 0n;
const apply = async (changes: Change[]): Promise<void> => {
  number += 1n;
  await catalog.apply({ number, hash: `0x${number}`, timestamp: Number(number) }, changes);
};
let lap = performance.now();
for (let from = 0; from < total; from += perBlock) {
  const indices = Array.from({ length: Math.min(perBlock, total - from) }, (_, offset) => from + offset);
  await apply(indices.map((index, logIndex) => announcedChange(numbered(index), logIndex)));
  await apply(indices.map(sealedChange));
  const done = from + indices.length;
  if (done % Math.max(1, Math.floor(total / 5)) < perBlock && done > 0) {
    const now = performance.now();
    console.log(`stored ${done}: ${((now - lap) / Math.max(1, Math.floor(total / 5))).toFixed(3)} ms an instance`);
    lap = now;
  }
}

const search = (label: string, ...parameters: Parameters<typeof firstPage>): Promise<void> =>
  timed(label, async () => {
    const { matches, remaining } = await catalog.seenBy('everything').search(firstPage(...parameters));
    return `${matches.length} + ${remaining}`;
  });
console.log(JSON.stringify(await catalog.seenBy('everything').counts()));
await search('studies, first page', 'study');
await search('studies, PatientName=*doe* fuzzy', 'study', [key('00100010', 'PN', '*doe*')], { fuzzy: true });
await search('studies, PatientID exact', 'study', [key('00100020', 'LO', 'P7')]);
await search('studies, StudyDate range', 'study', [key('00080020', 'DA', '20120101-20131231')]);
await search('studies, StudyDescription=*knee*', 'study', [key('00081030', 'LO', '*Knee*')]);
await search('studies, ModalitiesInStudy=US,MR', 'study', [key('00080061', 'CS', 'US', 'MR')]);
await search('studies, InstanceNumber=124 (an instance key)', 'study', [key('00200013', 'IS', '124')]);
await search('studies, StudyInstanceUID', 'study', [key('0020000D', 'UI', '1.2.3.7')]);
await search('series of a study', 'series', [], { StudyInstanceUID: '1.2.3.7' });
await search('series, first page', 'series');
await search('instances of a study', 'instance', [], { StudyInstanceUID: '1.2.3.7', limit: 5000 });
await search('instances, first page', 'instance');
await search('instances, SOPInstanceUID', 'instance', [key('00080018', 'UI', '1.2.5.777')]);
await search('instances, Rows=512 (every one)', 'instance', [key('00280010', 'US', '512')]);
await search('patients, first page', 'patient');
await timed('instance()', async () => (await catalog.seenBy('everything').instance('1.2.5.777'))?.state ?? 'none');
await timed(
  'instances() of a study of 500',
  async () => (await catalog.seenBy('everything').instances({ StudyInstanceUID: '1.2.3.7' })).length,
);
await timed('metadata() of a study of 500', async () => {
  let count = 0;
  for await (const text of catalog.seenBy('everything').metadata({ StudyInstanceUID: '1.2.3.7' }))
    count += Math.sign(text.length);
  return count;
});
await timed('preview()', async () => {
  const found = await catalog.seenBy('everything').instance('1.2.5.777');
  return (found && (await catalog.seenBy('everything').preview(found.id)))?.length ?? 0;
});
await timed('retire one', () => apply([retiredChange(Number(number), 0)]), 5);
await timed('roll 10 blocks back', () => catalog.rollback({ number: (number -= 10n), hash: `0x${number}` }), 3);
console.log(
  `RSS ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB, file ${(statSync(file).size / 1e6).toFixed(0)} MB`,
);
await catalog.close();
rmSync(folder, { recursive: true });
