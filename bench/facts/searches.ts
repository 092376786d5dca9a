import type { Catalog } from '../../src/catalog/catalog.js';
import { firstPage, key } from '../catalog-queries.js';
import { imageOf, PER_STUDY } from './images.js';

export interface NamedSearch {
  name: string;
  run: (catalog: Catalog) => Promise<unknown>;
}

/** What clients ask a catalogue of so many images. */
export function searches(total: number): NamedSearch[] {
  // In the middle, and of a study without an addition, which the first has.
  const { patient, record } = imageOf(Math.floor(total / 2) + PER_STUDY, { severalRings: false });
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = record;
  return [
    search('studies, first page', 'study'),
    search('studies, PatientID', 'study', [key('00100020', 'LO', `P${patient}`)]),
    search('studies, PatientID and issuer', 'study', [
      key('00100020', 'LO', `P${patient}`),
      key('00100021', 'LO', record.issuer),
    ]),
    search('studies, PatientName=doe*', 'study', [key('00100010', 'PN', 'doe*')]),
    search('studies, StudyDate of a year', 'study', [key('00080020', 'DA', '20120101-20121231')]),
    search('studies, ModalitiesInStudy=MR', 'study', [key('00080061', 'CS', 'MR')]),
    search('studies, AccessionNumber', 'study', [key('00080050', 'SH', 'A77')]),
    search('studies, StudyInstanceUID', 'study', [key('0020000D', 'UI', StudyInstanceUID)]),
    search('series of a study', 'series', [], { StudyInstanceUID }),
    search('series of a study with an addition', 'series', [], { StudyInstanceUID: studyWithAddition() }),
    search('instances of a series', 'instance', [], { StudyInstanceUID, SeriesInstanceUID }),
    search('instances, SOPInstanceUID', 'instance', [key('00080018', 'UI', SOPInstanceUID)]),
    search('patients, first page', 'patient'),
    { name: 'one instance, to be loaded', run: (catalog) => catalog.seenBy('everything').instance(SOPInstanceUID) },
  ];
}

const studyWithAddition = (): string => imageOf(0, { severalRings: false }).record.StudyInstanceUID;

function search(name: string, ...parameters: Parameters<typeof firstPage>): NamedSearch {
  const query = firstPage(...parameters);
  return { name, run: (catalog) => catalog.seenBy('everything').search(query) };
}
