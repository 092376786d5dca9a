/** What `readDataSet` takes. */
export const JSON_DATA_SET: readonly string[] = ['application/dicom+json', 'application/json'];

/** What `sendDataSet` gives. */
export const ONE_DATA_SET: readonly string[] = [...JSON_DATA_SET, 'application/dicom+xml'];

/** What gives several data sets at once. */
export const SEVERAL_DATA_SETS: readonly string[] = [
  ...JSON_DATA_SET,
  'multipart/related; type="application/dicom+xml"',
];
