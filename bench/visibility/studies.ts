import Database from 'libsql';
import { announcedChange, type NumberedRecord, sealedChange } from '../catalog-changes.js';
import { catalogRecord, element } from '../catalog-record.js';
import type { DicomJson } from '../../src/standard/dicom-json.js';
import type { Catalog } from '../../src/catalog/catalog.js';

/** One made-up study; what searches can ask of it. */
export interface Study {
  number: number;
  StudyInstanceUID: string;
  PatientID: string;
  PatientName: string;
  StudyDate: string;
  AccessionNumber: string;
  StudyDescription: string;
  Modality: string;
  labels: string[];
}

const NAMES = ['Doe^John', 'Müller^Jörg', 'Yamada^Tarou', 'Smith^Ann', 'García^Ana', 'Abel^Eva', 'Nowak^Jan'];
const DESCRIPTIONS = ['CT Thorax', 'MR Knee left', 'US Abdomen', 'CR Hand', 'MR Brain with contrast'];
const MODALITIES = ['CT', 'MR', 'US', 'CR'];
const INSTANCES = 2;
const PER_BLOCK = 500;

/** Spread evenly, so that no page of a search is all seen or all unseen. */
export function studyOf(number: number): Study {
  const spread = (number * 7919) % 100_003;
  const patient = Math.floor(number / 2);
  const [year, month, day] = [2010 + (spread % 15), 1 + (spread % 12), 1 + (spread % 28)];
  return {
    number,
    StudyInstanceUID: `1.2.3.${number}`,
    PatientID: `P${patient}`,
    PatientName: `${NAMES[patient % NAMES.length]}^${patient}`,
    StudyDate: `${year}${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}`,
    AccessionNumber: `A${number}`,
    StudyDescription: DESCRIPTIONS[spread % DESCRIPTIONS.length]!,
    Modality: MODALITIES[spread % MODALITIES.length]!,
    labels: [...(spread % 100 === 7 ? ['trial-7'] : []), ...(spread % 10 < 3 ? ['ward'] : [])],
  };
}

function recordOf(study: Study, instance: number): NumberedRecord {
  const index = study.number * INSTANCES + instance;
  const { StudyInstanceUID } = study;
  const [SeriesInstanceUID, SOPInstanceUID] = [`1.2.4.${study.number}`, `1.2.5.${index}`];
  const ofStudy: DicomJson = {
    '00080020': element('DA', study.StudyDate),
    '00080030': element('TM', '101500'),
    '00080050': element('SH', study.AccessionNumber),
    '00081030': element('LO', study.StudyDescription),
    '00100010': element('PN', { Alphabetic: study.PatientName }),
    '00100020': element('LO', study.PatientID),
    '0020000D': element('UI', StudyInstanceUID),
  };
  const ofSeries: DicomJson = {
    '00080060': element('CS', study.Modality),
    '0020000E': element('UI', SeriesInstanceUID),
    '00200011': element('IS', 1),
  };
  const ofInstance: DicomJson = {
    '00080016': element('UI', '1.2.840.10008.5.1.4.1.1.2'),
    '00080018': element('UI', SOPInstanceUID),
    '00200013': element('IS', instance + 1),
    '00280010': element('US', 512),
    '00280011': element('US', 512),
  };
  const record = catalogRecord({
    ...{ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID },
    ...{ study: ofStudy, series: ofSeries, instance: ofInstance },
    header: Buffer.alloc(1_000, 1),
    preview: Buffer.alloc(1_000, 2),
  });
  return { index, patient: Number(study.PatientID.slice(1)), record };
}

/** Announces and seals the studies, by blocks as a follower does. */
export async function fillCatalog(catalog: Catalog, studies: readonly Study[]): Promise<void> {
  let number = 0n;
  for (let from = 0; from < studies.length; from += PER_BLOCK) {
    const records = studies
      .slice(from, from + PER_BLOCK)
      .flatMap((study) => Array.from({ length: INSTANCES }, (_, instance) => recordOf(study, instance)));
    const changes = records.flatMap((record, at) => [
      announcedChange(record, 2 * at),
      sealedChange(record.index, 2 * at + 1),
    ]);
    number += 1n;
    await catalog.apply({ number, hash: `0x${number}`, timestamp: Number(number) }, changes);
  }
}

/** Labels the studies in one transaction: one by one, each is on the disk before the next. */
export function fillLabels(annotationsFile: string, studies: readonly Study[]): void {
  const db = new Database(annotationsFile);
  const add = db.prepare('INSERT INTO label (site_id, StudyInstanceUID, label, set_by, set_at) VALUES (1, ?, ?, ?, 0)');
  db.transaction(() => {
    for (const { StudyInstanceUID, labels } of studies)
      for (const label of labels) add.run(StudyInstanceUID, label, 'bench');
  })();
  db.close();
}
