import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';
import type { CatalogBlock } from '../catalog.js';
import type { AnnouncedImage, Change, ImageChange, InstanceRecord } from '../change.js';
import type { MatchingKey, Query } from '../query.js';

/** What a test says of an instance; the rest is made up. */
export interface Sample {
  /** Unique; the SOP Instance UID and the image ID are made from it. */
  name: string;
  study?: string;
  series?: string;
  patient?: string;
  studyAttributes?: DicomJson;
  seriesAttributes?: DicomJson;
  instanceAttributes?: DicomJson;
  record?: Partial<InstanceRecord>;
  image?: Partial<AnnouncedImage>;
}

export const uidOf = (name: string) => `2.25.${BigInt(`0x${Buffer.from(name).toString('hex')}`).toString()}`;
export const keyOf = (name: string) => `0x${Buffer.from(name).toString('hex').padStart(64, '0')}`;
/** By what facts of the consortium name an issuer. */
export const hashOfIssuer = (issuer: string): string => `hash of ${issuer}`;
export const element = (vr: string, ...Value: unknown[]): JsonElement => (Value.length > 0 ? { vr, Value } : { vr });
export const name = (Alphabetic: string, others: { Ideographic?: string; Phonetic?: string } = {}): JsonElement =>
  element('PN', { Alphabetic, ...others });

function recordOf(sample: Sample): InstanceRecord {
  const { study = 'study', series = `${study}-series`, patient = 'patient' } = sample;
  const SOPInstanceUID = uidOf(sample.name);
  const attributes: DicomJson = {
    '00080016': element('UI', '1.2.840.10008.5.1.4.1.1.2'),
    '00080018': element('UI', SOPInstanceUID),
    ...sample.instanceAttributes,
  };
  return {
    StudyInstanceUID: uidOf(study),
    SeriesInstanceUID: uidOf(series),
    SOPInstanceUID,
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntaxUID: '1.2.840.10008.1.2.1',
    mediaType: 'application/dicom',
    byteCount: 1000,
    sha256: 'ab'.repeat(32),
    dataSetSha256: 'cd'.repeat(32),
    issuer: '',
    issuerHash: sample.record?.issuer ? hashOfIssuer(sample.record.issuer) : undefined,
    fileName: undefined,
    study: { '00100020': element('LO', patient), '0020000D': element('UI', uidOf(study)), ...sample.studyAttributes },
    series: { '0020000E': element('UI', uidOf(series)), ...sample.seriesAttributes },
    instance: attributes,
    metadata: JSON.stringify(attributes),
    header: Buffer.from(`header of ${sample.name}`),
    preview: Buffer.from(`preview of ${sample.name}`),
    ...sample.record,
  };
}

function imageOf({ name: of, patient = 'patient', image }: Sample): AnnouncedImage {
  return {
    contract: CONTRACT,
    siteId: 1,
    imageId: keyOf(of),
    imageKey: image?.imageId ?? keyOf(of),
    patientKey: keyOf(patient),
    ringId: undefined,
    studyKey: undefined,
    body: `announced ${of}`,
    announcedBodies: `bodies of ${of}`,
    contentKey: contentOf(of, image?.siteId),
    ...image,
  };
}

/** The row of an announcement. */
export const rowAt = (blockNumber: number, logIndex = 0): number => blockNumber * 1_048_576 + logIndex;

/** The contract that samples are on, unless they say another one. */
export const CONTRACT = '0xc1';
export const contentOf = (of: string, siteId = 1): string => `content of ${of} by ${siteId}`;

export const announced = (sample: Sample, logIndex = 0): Change & { kind: 'announced' } => {
  const image = imageOf(sample);
  const { contract, imageId } = image;
  return {
    kind: 'announced',
    contract,
    imageId,
    logIndex,
    image,
    reading: { kind: 'read', record: recordOf(sample) },
  };
};
/** The same, not read yet. */
export const bare = (sample: Sample, logIndex = 0): ImageChange => ({
  ...announced(sample, logIndex),
  reading: { kind: 'waiting' },
});
const eventOf = (of: string, logIndex: number) => ({ contract: CONTRACT, imageId: keyOf(of), logIndex });
export const sealed = (of: string, logIndex = 0): ImageChange => ({
  ...eventOf(of, logIndex),
  kind: 'sealed',
  pages: `pages of ${of}`,
});
export const withdrawn = (of: string, logIndex = 0): ImageChange => ({ ...eventOf(of, logIndex), kind: 'withdrawn' });
export const retired = (of: string, logIndex = 0, isOwn = false, ruling = 0): ImageChange => ({
  ...eventOf(of, logIndex),
  kind: 'retired',
  reason: `why ${of}`,
  by: '0x01',
  isOwn,
  ruling,
});
export const restored = (of: string, logIndex = 0, ruling = 0): ImageChange => ({
  ...eventOf(of, logIndex),
  kind: 'restored',
  by: '0x01',
  isOwn: false,
  ruling,
});

/** Block `number` of a chain; `fork` tells apart blocks of one height. */
export const block = (number: number, fork = ''): CatalogBlock & { timestamp: number } => ({
  number: BigInt(number),
  hash: `0x${fork}${number}`,
  timestamp: 1_700_000_000 + number,
});

export const key = (path: string | string[], vr: string, ...values: string[]): MatchingKey => ({
  path: typeof path === 'string' ? [path] : path,
  vr,
  values,
});

export const query = (level: Query['level'], rest: Partial<Query> = {}): Query => ({
  level,
  match: [],
  include: [],
  fuzzy: false,
  limit: 100,
  offset: 0,
  ...rest,
});

/** All that a catalogue gives one at a time. */
export async function gathered<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** First value of one attribute in each match. */
export const column = (matches: DicomJson[], tag: string): unknown[] => matches.map((match) => match[tag]?.Value?.[0]);

/** An instance with every attribute that is returned by default, and some that are not. */
export const full: Sample = {
  name: 'a',
  studyAttributes: {
    '00080005': element('CS', 'ISO_IR 100'),
    '00080020': element('DA', '20240102'),
    '00080030': element('TM', '101500'),
    '00080050': element('SH', 'ACC1'),
    '00080090': name('Referrer'),
    '00080201': element('SH', '+0100'),
    '00081030': element('LO', 'Knee'),
    '00081048': name('Recorder'),
    '00100010': name('Doe^Jane'),
    '00100020': element('LO', 'patient'),
    '00100021': element('LO', 'Hospital'),
    '00100030': element('DA', '19700101'),
    '00100040': element('CS', 'F'),
    '00101010': element('AS', '054Y'),
    '00200010': element('SH', 'S1'),
  },
  seriesAttributes: {
    '00080021': element('DA', '20240102'),
    '00080060': element('CS', 'CT'),
    '0008103E': element('LO', 'Axial'),
    '00200011': element('IS', 3),
    '00400244': element('DA', '20240102'),
    '00400245': element('TM', '1000'),
    '00400275': element('SQ', {
      '00321060': element('LO', 'what'),
      '00400009': element('SH', 'SPS'),
      '00401001': element('SH', 'RP'),
    }),
  },
  instanceAttributes: {
    '00080008': element('CS', 'ORIGINAL', 'PRIMARY'),
    '00090010': element('LO', 'ACME 1.1'),
    '00091001': element('LO', 'private'),
    '00200013': element('IS', 7),
    '00280008': element('IS', 2),
    '00280010': element('US', 512),
    '00280011': element('US', 256),
    '00280100': element('US', 16),
  },
};
