/** One element of the DICOM JSON Model (PS3.18 §F.2). */
export interface JsonElement {
  /** Value representation: two letters (PS3.5 §6.2). */
  vr: string;
  Value?: unknown[];
  /** Base64. */
  InlineBinary?: string;
  BulkDataURI?: string;
}

/** A data set in the DICOM JSON Model. Keys are tags of eight upper-case hex digits. */
export type DicomJson = Record<string, JsonElement>;

/**
 * JSON text of a data set in the DICOM JSON Model, tags ascending (PS3.18 §F.2.2). JSON.stringify does not keep that
 * order: keys that look like an array index (`54000100`, not `00080005`) come first in any JavaScript object.
 */
export function dicomJsonText(dataSet: Readonly<DicomJson>): string {
  const members = Object.keys(dataSet)
    .sort()
    .map((tag) => `"${tag}":${elementText(dataSet[tag]!)}`);
  return `{${members.join(',')}}`;
}

function elementText(element: JsonElement): string {
  if (element.vr !== 'SQ' || element.Value === undefined) return JSON.stringify(element);
  const items = element.Value.map((item) => dicomJsonText((item ?? {}) as DicomJson));
  return `{"vr":"SQ","Value":[${items.join(',')}]}`;
}
