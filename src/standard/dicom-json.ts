/** One element of the DICOM JSON Model (PS3.18 §F.2). */
export interface JsonElement {
  vr: string;
  Value?: unknown[];
  InlineBinary?: string;
  BulkDataURI?: string;
}

/** A data set in the DICOM JSON Model: keys are eight upper-case hex digits. */
export type DicomJson = Record<string, JsonElement>;

interface Element {
  vr: string;
  Value?: unknown[];
}

/**
 * JSON text of a data set in the DICOM JSON Model, tags ascending (PS3.18 §F.2.2). JSON.stringify does not keep that
 * order: keys that look like an array index (`54000100`, not `00080005`) come first in any JavaScript object.
 */
export function dicomJsonText(dataSet: Readonly<Record<string, Element>>): string {
  const members = Object.keys(dataSet)
    .sort()
    .map((tag) => `"${tag}":${elementText(dataSet[tag]!)}`);
  return `{${members.join(',')}}`;
}

function elementText(element: Element): string {
  if (element.vr !== 'SQ' || element.Value === undefined) return JSON.stringify(element);
  const items = element.Value.map((item) => dicomJsonText((item ?? {}) as Record<string, Element>));
  return `{"vr":"SQ","Value":[${items.join(',')}]}`;
}
