import { createRequire } from 'node:module';

// dcmjs has no types of its own
const { data } = createRequire(import.meta.url)('dcmjs') as {
  data: {
    DicomMetaDictionary: { denaturalizeDataset(dataSet: object): Record<string, unknown> };
    DicomDict: new (meta: object) => { dict: object; write(options?: object): ArrayBuffer };
  };
};

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const CT_IMAGE = '1.2.840.10008.5.1.4.1.1.2';

/** A UID of this test run that nobody else has; all are equally long. */
let counter = 0;
const run = `${Date.now()}.${process.pid}`;
export const newUid = (): string => `2.25.${run.replace('.', '')}${String(++counter).padStart(6, '0')}`;

/** A CT slice of `size` × `size` 16-bit pixels with a gradient; `over` replaces or adds attributes by keyword. */
export function ctSlice(
  over: Record<string, unknown> = {},
  { size = 64, frames = 1 }: { size?: number; frames?: number } = {},
): Buffer {
  const pixels = new Uint16Array(size * size * frames);
  for (let i = 0; i < pixels.length; i++) pixels[i] = (i * 7 + Math.floor(i / size) * 3) & 0xfff;
  const SOPInstanceUID = (over['SOPInstanceUID'] as string | undefined) ?? newUid();
  const dataSet = {
    SOPClassUID: CT_IMAGE,
    SOPInstanceUID,
    StudyInstanceUID: newUid(),
    SeriesInstanceUID: newUid(),
    StudyDate: '20240229',
    StudyTime: '101500',
    AccessionNumber: 'A1',
    Modality: 'CT',
    ReferringPhysicianName: [{ Alphabetic: 'Referring^Doctor' }],
    StudyDescription: 'Chest without contrast',
    SeriesDescription: 'Axial',
    PatientName: [{ Alphabetic: 'Muster^Erika' }],
    PatientID: 'P-1',
    PatientBirthDate: '19700102',
    PatientSex: 'F',
    StudyID: 'S1',
    SeriesNumber: '1',
    InstanceNumber: '1',
    ...(frames > 1 && { NumberOfFrames: String(frames) }),
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: size,
    Columns: size,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    WindowCenter: '2048',
    WindowWidth: '4096',
    RescaleIntercept: '-1024',
    RescaleSlope: '1',
    ...over,
    PixelData: [pixels.buffer],
    _vrMap: { PixelData: 'OW' },
  };
  return part10(dataSet, { SOPInstanceUID });
}

/** Any data set as a Part 10 file in Explicit VR Little Endian. */
export function part10(dataSet: Record<string, unknown>, { SOPInstanceUID }: { SOPInstanceUID: string }): Buffer {
  const meta = {
    '00020001': { vr: 'OB', Value: [new Uint8Array([0, 1]).buffer] },
    '00020002': { vr: 'UI', Value: [dataSet['SOPClassUID']] },
    '00020003': { vr: 'UI', Value: [SOPInstanceUID] },
    '00020010': { vr: 'UI', Value: [EXPLICIT_LITTLE_ENDIAN] },
    '00020012': { vr: 'UI', Value: ['2.25.1'] },
  };
  const file = new data.DicomDict(meta);
  file.dict = data.DicomMetaDictionary.denaturalizeDataset(dataSet);
  return Buffer.from(file.write());
}
