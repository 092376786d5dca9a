import type { DicomJson } from '../archive/archive.js';

/**
 * Writes a data set as JSON text with its keys ascending at every level (PS3.18 §F.2.2). JSON.stringify alone does not: a tag
 * of digits without a leading zero (54000100) is an array index to JavaScript and comes before all others.
 */
export function dicomJsonText(dataSet: DicomJson): string {
  const members = Object.keys(dataSet)
    .sort()
    .map((tag) => `"${tag}":${elementText(dataSet[tag])}`);
  return `{${members.join(',')}}`;
}

function elementText(element: DicomJson[string] | undefined): string {
  if (element?.vr !== 'SQ' || element.Value === undefined) return JSON.stringify(element);
  const items = element.Value.map((item) => dicomJsonText((item ?? {}) as DicomJson));
  return `{"vr":"SQ","Value":[${items.join(',')}]}`;
}
