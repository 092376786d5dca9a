import type { InstanceRecord } from '../../src/catalog/change.js';
import { issuerHashOf } from '../../src/ledger/consortium/read-rulings.js';
import type { DicomJson } from '../../src/standard/dicom-json.js';
import type { NumberedRecord } from '../catalog-changes.js';
import { catalogRecord, element } from '../catalog-record.js';

export const SITES = 5;
export const PER_STUDY = 50;
const PER_SERIES = 25;
/** Of a site, when there are several. */
const RINGS = 8;
const STUDIES_OF_PATIENT = 2;
/** One study in so many has a series more, of another site. */
const ADDED_TO = 100;
const NAMES = ['Doe^John', 'Müller^Jörg', 'Yamada^Tarou', 'Smith^Ann', 'García^Ana'];
const UID = '1.2.826.0.1.3680043.2.1125.9';
const preview = Buffer.alloc(500, 7);
const header = Buffer.alloc(300, 9);

export const siteOf = (study: number): number => 1 + (study % SITES);
export const issuerOf = (siteId: number): string => `Hospital ${siteId}`;
/** Of the study at its own site, or at one that adds to it: as a site numbers its studies (docs/secrecy.md). */
export const studyKeyOf = (study: number, siteId = siteOf(study)): string =>
  String((BigInt(siteId) << 32n) + BigInt(study));

/** Image number `index` of a consortium of five sites, whose studies take turns; some have a series of a second site. */
export function imageOf(index: number, { severalRings }: { severalRings: boolean }): NumberedRecord {
  const study = Math.floor(index / PER_STUDY);
  const series = Math.floor(index / PER_SERIES);
  const isAdded = study % ADDED_TO === 0 && series % 2 === 1;
  const own = siteOf(study);
  const siteId = isAdded ? 1 + (own % SITES) : own;
  const ring = severalRings ? Math.floor(study / 100) % RINGS : 0;
  const patient = Math.floor(study / (SITES * STUDIES_OF_PATIENT)) * SITES + (study % SITES);
  return {
    ...{ index, patient, record: recordOf({ index, study, series, patient, issuer: issuerOf(own) }) },
    numbers: {
      siteId,
      ringId: `0x${String(siteId * 100 + ring).padStart(32, '0')}`,
      studyKey: studyKeyOf(study, siteId),
      patientKey: String((9n << 32n) + BigInt(patient)),
    },
  };
}

interface Place {
  index: number;
  study: number;
  series: number;
  patient: number;
  issuer: string;
}

function recordOf({ index, study, series, patient, issuer }: Place): InstanceRecord {
  const uids = {
    StudyInstanceUID: `${UID}.1.${study}`,
    SeriesInstanceUID: `${UID}.2.${series}`,
    SOPInstanceUID: `${UID}.3.${index}`,
  };
  const ofStudy: DicomJson = {
    '00080020': element('DA', `20${10 + (study % 15)}${two(1 + (study % 12))}${two(1 + (study % 28))}`),
    '00080050': element('SH', `A${study}`),
    '00081030': element('LO', study % 3 ? 'CT Thorax' : 'MR Knee'),
    '00100010': element('PN', { Alphabetic: `${NAMES[patient % NAMES.length]}^${patient}` }),
    '00100020': element('LO', `P${patient}`),
    '00100021': element('LO', issuer),
    '0020000D': element('UI', uids.StudyInstanceUID),
  };
  const ofSeries: DicomJson = {
    '00080060': element('CS', study % 3 ? 'CT' : 'MR'),
    '0020000E': element('UI', uids.SeriesInstanceUID),
    '00200011': element('IS', series % 2),
  };
  const ofInstance: DicomJson = {
    '00080016': element('UI', '1.2.840.10008.5.1.4.1.1.2'),
    '00080018': element('UI', uids.SOPInstanceUID),
    '00200013': element('IS', index % PER_SERIES),
    '00280010': element('US', 512),
    '00280011': element('US', 512),
  };
  return catalogRecord({
    ...uids,
    ...{ issuer, issuerHash: issuerHashOf(issuer) },
    ...{ study: ofStudy, series: ofSeries, instance: ofInstance, header, preview },
  });
}

const two = (number: number): string => String(number).padStart(2, '0');
