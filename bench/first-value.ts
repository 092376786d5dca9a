import type { DicomJson } from '../src/standard/dicom-json.js';

/** The first value of an element, by its tag of eight hex digits. Throws when there is none. */
export function firstValue(dataSet: DicomJson | undefined, tag: string): string | number {
  const value = dataSet?.[tag]?.Value?.[0];
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new Error(`A data set has no value of ${tag}: ${JSON.stringify(dataSet)}`);
}

/** `/studies/…/series/…/instances/…` of an instance that a search has found, below the root of DICOMweb. */
export function instancePathOf(found: DicomJson | undefined): string {
  const [study, series, instance] = ['0020000D', '0020000E', '00080018'].map((tag) => firstValue(found, tag));
  return `/studies/${study}/series/${series}/instances/${instance}`;
}
