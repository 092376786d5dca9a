import { encodeHeader } from '../../src/dicom/metadata/encode-header.js';

/** A made-up archive of CT and MR. */
const SHAPE = { instancesPerSeries: 5, seriesPerStudy: 2, studiesPerPatient: 2 };
const YEARS = { first: 2015, count: 10 };
const FAMILIES = [
  ...['Abe', 'Bauer', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'Garcia', 'Horvat', 'Ivanov', 'Jansen'],
  ...['Kim', 'Lopez', 'Moreau', 'Novak', 'Olsen', 'Petrov', 'Quinn', 'Rossi', 'Silva', 'Tanaka'],
];
const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const CT_IMAGE = '1.2.840.10008.5.1.4.1.1.2';
const PIXEL_BYTES = 512 * 512 * 2;

export interface Place {
  patient: number;
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  SOPInstanceUID: string;
  PatientID: string;
  PatientName: string;
  StudyDate: string;
}

/** Which patient, study and series the instance of that number is of, by number and by identifier. */
export function placeOf(index: number): Place {
  const series = Math.floor(index / SHAPE.instancesPerSeries);
  const study = Math.floor(series / SHAPE.seriesPerStudy);
  const patient = Math.floor(study / SHAPE.studiesPerPatient);
  return {
    patient,
    StudyInstanceUID: `2.25.1000.${study}`,
    SeriesInstanceUID: `2.25.1001.${series}`,
    SOPInstanceUID: `2.25.1002.${index}`,
    PatientID: `P${patient}`,
    PatientName: `${FAMILIES[patient % FAMILIES.length]}${Math.floor(patient / FAMILIES.length)}^Ann`,
    StudyDate: dayOf(study),
  };
}

/** Every day of ten years in turn, far apart for numbers that are close. */
function dayOf(study: number): string {
  const day = new Date(Date.UTC(YEARS.first, 0, 1 + ((study * 1597) % (YEARS.count * 365))));
  return day.toISOString().slice(0, 10).replaceAll('-', '');
}

/** One study in three is MR, the others are CT. */
const modalityOf = (index: number): string =>
  Math.floor(index / SHAPE.instancesPerSeries / SHAPE.seriesPerStudy) % 3 === 2 ? 'MR' : 'CT';

/** The data set of the instance of that number, in Explicit VR Little Endian, without pixels. */
function dataSetOf(index: number): Buffer {
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, PatientID, PatientName, StudyDate } = placeOf(index);
  const within = index % SHAPE.instancesPerSeries;
  const values: [tag: number, vr: string, value: string | number][] = [
    [0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
    [0x00080016, 'UI', CT_IMAGE],
    [0x00080018, 'UI', SOPInstanceUID],
    [0x00080020, 'DA', StudyDate],
    [0x00080021, 'DA', StudyDate],
    [0x00080022, 'DA', StudyDate],
    [0x00080030, 'TM', `1015${String(within).padStart(2, '0')}`],
    [0x00080050, 'SH', `A${StudyInstanceUID.slice(10)}`],
    [0x00080060, 'CS', modalityOf(index)],
    [0x00080070, 'LO', 'Maker'],
    [0x00080080, 'LO', 'North Hospital'],
    [0x00080090, 'PN', 'Referrer^Rita'],
    [0x00081030, 'LO', 'CT Thorax'],
    [0x0008103e, 'LO', 'Axial 1.0 B31f'],
    [0x00081090, 'LO', 'Model 64'],
    [0x00100010, 'PN', PatientName],
    [0x00100020, 'LO', PatientID],
    [0x00100030, 'DA', '19600101'],
    [0x00100040, 'CS', 'O'],
    [0x00180050, 'DS', '1.0'],
    [0x00180060, 'DS', '120'],
    [0x00180090, 'DS', '500'],
    [0x00181020, 'LO', 'VB42'],
    [0x00181030, 'LO', 'Thorax routine'],
    [0x00181100, 'DS', '350'],
    [0x00181151, 'IS', '180'],
    [0x00181210, 'SH', 'B31f'],
    [0x00185100, 'CS', 'HFS'],
    [0x0020000d, 'UI', StudyInstanceUID],
    [0x0020000e, 'UI', SeriesInstanceUID],
    [0x00200010, 'SH', '1'],
    [0x00200011, 'IS', '1'],
    [0x00200012, 'IS', '2'],
    [0x00200013, 'IS', String(within + 1)],
    [0x00200032, 'DS', `-175\\-175\\${within - 300}.5`],
    [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
    [0x00200052, 'UI', `${SeriesInstanceUID}.9`],
    [0x00201041, 'DS', `${within - 300}.5`],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', 512],
    [0x00280011, 'US', 512],
    [0x00280030, 'DS', '0.68\\0.68'],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', 12],
    [0x00280102, 'US', 11],
    [0x00280103, 'US', 0],
    [0x00281050, 'DS', '40'],
    [0x00281051, 'DS', '400'],
    [0x00281052, 'DS', '-1024'],
    [0x00281053, 'DS', '1'],
  ];
  return Buffer.concat(values.map(([tag, vr, value]) => element(tag, vr, value)));
}

/** The same instance as a Part 10 file without pixels (PS3.10 §7.1). */
export function part10Of(index: number): Buffer {
  const meta = Buffer.concat([
    element(0x00020002, 'UI', CT_IMAGE),
    element(0x00020003, 'UI', placeOf(index).SOPInstanceUID),
    element(0x00020010, 'UI', EXPLICIT_LITTLE_ENDIAN),
    element(0x00020012, 'UI', '2.25.1'),
  ]);
  const length = Buffer.from([0x02, 0, 0, 0, 0x55, 0x4c, 4, 0, 0, 0, 0, 0]);
  length.writeUInt32LE(meta.length, 8);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, dataSetOf(index)]);
}

/** The header body of the instance of that number, as its announcement has it. */
export function headerOf(index: number): Buffer {
  const pixels = Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x57, 0, 0, 0, 0, 0, 0]);
  const dataSet = Buffer.concat([dataSetOf(index), pixels]);
  const fileMeta = element(0x00020010, 'UI', EXPLICIT_LITTLE_ENDIAN);
  const dataSetOffset = 132 + fileMeta.length;
  const offset = dataSetOffset + dataSet.length;
  return encodeHeader({
    source: 'part10',
    transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
    fileMeta,
    dataSetOffset,
    dataSetSha256: 'ab'.repeat(32),
    dataSet,
    bulk: [{ path: '7FE00010', vr: 'OW', offset, byteCount: PIXEL_BYTES }],
    frames: { kind: 'native', offset, frameBits: PIXEL_BYTES * 8, frameCount: 1 },
  });
}

function element(tag: number, vr: string, value: string | number): Buffer {
  const padding = vr === 'UI' ? '\0' : ' ';
  const bytes =
    typeof value === 'number'
      ? Buffer.from(Uint16Array.of(value).buffer)
      : Buffer.from(value.length % 2 ? value + padding : value);
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4);
  head.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([head, bytes]);
}
