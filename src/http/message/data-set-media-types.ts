const JSON_TYPES: readonly string[] = ['application/dicom+json', 'application/json'];
const XML_TYPE = 'application/dicom+xml';

/** In which media types data sets come in and go out, where they are the payload. */
export const DATA_SET_MEDIA_TYPES = {
  json: JSON_TYPES,
  /** What `readDataSet` takes. */
  taken: [...JSON_TYPES, XML_TYPE] as readonly string[],
  /** What `sendDataSet` gives. */
  one: [...JSON_TYPES, XML_TYPE] as readonly string[],
  several: [...JSON_TYPES, `multipart/related; type="${XML_TYPE}"`] as readonly string[],
};
