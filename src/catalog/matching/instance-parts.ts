/** What an instance is, as searches return it and whoever gives its bytes asks it. */
const TRAITS = {
  SOPClassUID: '00080016',
  SamplesPerPixel: '00280002',
  NumberOfFrames: '00280008',
  Rows: '00280010',
  Columns: '00280011',
  BitsAllocated: '00280100',
  LossyImageCompression: '00282110',
  MIMETypeOfEncapsulatedDocument: '00420012',
} as const;

/** What most instances of a series say otherwise than the one before (PS3.3 §C.7.6.1, §C.7.6.2, §C.8). */
const VARYING = {
  InstanceCreationDate: '00080012',
  InstanceCreationTime: '00080013',
  SOPInstanceUID: '00080018',
  AcquisitionDate: '00080022',
  ContentDate: '00080023',
  AcquisitionDateTime: '0008002A',
  AcquisitionTime: '00080032',
  ContentTime: '00080033',
  ReferencedImageSequence: '00081140',
  SourceImageSequence: '00082112',
  IrradiationEventUID: '00083010',
  EchoTime: '00180081',
  EchoNumbers: '00180086',
  TriggerTime: '00181060',
  NominalInterval: '00181062',
  ActualFrameDuration: '00181242',
  WaterEquivalentDiameter: '00181271',
  ExposureTime: '00181150',
  XRayTubeCurrent: '00181151',
  Exposure: '00181152',
  ExposureInuAs: '00181153',
  CTDIvol: '00189345',
  AcquisitionNumber: '00200012',
  InstanceNumber: '00200013',
  ImagePositionPatient: '00200032',
  TemporalPositionIdentifier: '00200100',
  SliceLocation: '00201041',
  StackID: '00209056',
  InStackPositionNumber: '00209057',
  SmallestImagePixelValue: '00280106',
  LargestImagePixelValue: '00280107',
  WindowCenter: '00281050',
  WindowWidth: '00281051',
  RescaleIntercept: '00281052',
  RescaleSlope: '00281053',
  FrameReferenceTime: '00541300',
  PrimaryPromptsCountsAccumulated: '00541310',
  SliceSensitivityFactor: '00541320',
  DecayFactor: '00541321',
  ScatterFractionFactor: '00541323',
  ImageIndex: '00541330',
} as const;

/** Any level may have it, and every answer does. */
const TIMEZONE = '00080201' as const;

export const OWN_TAGS = [...Object.values(TRAITS), ...Object.values(VARYING), TIMEZONE] as const;
export type OwnTag = (typeof OWN_TAGS)[number];

const OWN: ReadonlySet<string> = new Set(OWN_TAGS);

/**
 * The parts in which the attributes of an instance are kept, by tag alone: `own` are those that most searches ask for and those that
 * tell the instances of a series apart; `common` and `private` are the rest, which are there once for all instances that say the same.
 */
export const INSTANCE_PARTS = ['own', 'common', 'private'] as const;
export type InstancePart = (typeof INSTANCE_PARTS)[number];

/** The part of a tag, or of a matching key, which begins with one. */
export function partOf(tag: string): InstancePart {
  if (OWN.has(tag.slice(0, 8))) return 'own';
  // PS3.5 §7.8: private attributes have odd groups.
  return Number.parseInt(tag.slice(3, 4), 16) % 2 === 1 ? 'private' : 'common';
}

/** Splits what has tags for keys; of each part the order stays. */
export function splitByPart<T>(byTag: Readonly<Record<string, T>>): Record<InstancePart, Record<string, T>> {
  const parts: Record<InstancePart, Record<string, T>> = { own: {}, common: {}, private: {} };
  for (const [tag, value] of Object.entries(byTag)) parts[partOf(tag)][tag] = value;
  return parts;
}
