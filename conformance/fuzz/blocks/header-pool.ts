import { createPseudonyms, type Pseudonyms } from '../../../src/archive/pseudonyms.js';
import { bufferSource } from '../../../src/base/byte-source.js';
import type { Identity } from '../../../src/dicom/data-set/attributes.js';
import { encodeHeader } from '../../../src/dicom/metadata/encode-header.js';
import { scanPart10 } from '../../../src/dicom/part10/part10.js';
import { image, part10, text } from '../../../src/dicom/testing/hand-made.js';
import { type Random, seeded } from '../../testing/seeded.js';
import { createCorpus } from '../corpus.js';
import { ISSUERS } from './history.js';

/** A header as a site announces it, and whose it is. */
export interface PooledHeader {
  header: Buffer;
  identity: Pick<Identity, 'PatientID' | 'IssuerOfPatientID' | 'StudyInstanceUID' | 'SOPInstanceUID'>;
}

export const pseudonyms: Pseudonyms = createPseudonyms(Buffer.alloc(32, 1));

const MADE = 80;
const FILES = 40;
const MAX_FILE_BYTES = 50_000;
const UIDS = { study: 3, series: 4, instance: 8, patient: 3 };

/** Always the same headers: made ones, of few studies, series, patients and UIDs, so that sites contradict each other; and those of files. */
export async function openHeaderPool(): Promise<PooledHeader[]> {
  const random = seeded(7);
  const corpus = createCorpus({ of: 'dicom', isWanted: (bytes) => bytes.length < MAX_FILE_BYTES });
  const files = [
    ...Array.from({ length: MADE }, () => madeFile(random)),
    ...Array.from({ length: FILES }, () => corpus.pick(random).bytes),
  ];
  const pool: PooledHeader[] = [];
  for (const file of files) {
    const scanned = await scanPart10(bufferSource(file));
    if (scanned.kind !== 'header') continue;
    pool.push({ header: encodeHeader(scanned.header), identity: scanned.identity });
  }
  return pool;
}

function madeFile(random: Random): Buffer {
  const one = (what: keyof typeof UIDS): number => random.whole(1, UIDS[what]);
  const issuer = random.pick(['', '', ...ISSUERS.keys()]);
  const patient = one('patient');
  return part10([
    text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
    text(0x00080018, 'UI', `1.2.9.${one('instance')}`),
    text(0x00080020, 'DA', `2020010${one('study')}`),
    text(0x00080060, 'CS', random.pick(['CT', 'MR'])),
    text(0x00100010, 'PN', `Patient^${patient}`),
    text(0x00100020, 'LO', patient === UIDS.patient ? '' : `P-${patient}`),
    ...(issuer === '' ? [] : [text(0x00100021, 'LO', issuer)]),
    text(0x0020000d, 'UI', `1.2.7.${one('study')}`),
    text(0x0020000e, 'UI', `1.2.8.${one('series')}`),
    text(0x00200013, 'IS', String(random.whole(1, 4))),
    ...image(1, 1),
  ]);
}
