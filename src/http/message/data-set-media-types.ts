const JSON_TYPES: readonly string[] = ['application/dicom+json', 'application/json'];

/** In which media types data sets come in and go out, where they are the payload. */
export const DATA_SET_MEDIA_TYPES = {
  /** What `readDataSet` takes. */
  taken: JSON_TYPES,
  /** What `sendDataSet` gives. */
  one: [...JSON_TYPES, 'application/dicom+xml'] as readonly string[],
  several: [...JSON_TYPES, 'multipart/related; type="application/dicom+xml"'] as readonly string[],
};
