import type { InstanceRecord } from '../src/catalog/change.js';
import type { JsonElement } from '../src/standard/dicom-json.js';

/** What is not alike of all images of a bench. */
type Told = Pick<
  InstanceRecord,
  'StudyInstanceUID' | 'SeriesInstanceUID' | 'SOPInstanceUID' | 'study' | 'series' | 'instance' | 'header' | 'preview'
> &
  Partial<Pick<InstanceRecord, 'issuer' | 'issuerHash'>>;

/** An element of the DICOM JSON model. */
export const element = (vr: string, ...Value: unknown[]): JsonElement => ({ vr, Value });

/** What the catalogue is told of a CT image of 512 × 512 pixels. */
export function catalogRecord(told: Told): InstanceRecord {
  return {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntaxUID: '1.2.840.10008.1.2.1',
    mediaType: 'application/dicom',
    byteCount: 524_288,
    sha256: 'ab'.repeat(32),
    dataSetSha256: 'cd'.repeat(32),
    issuer: '',
    issuerHash: undefined,
    fileName: undefined,
    ...told,
    metadata: JSON.stringify({ ...told.study, ...told.series, ...told.instance }),
  };
}
