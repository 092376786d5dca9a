import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';
import { characterSetOf } from '../data-set/character-set.js';
import { dataSetOf, type DataElement, type DataSet } from '../data-set/data-set.js';
import { tagHex } from '../data-set/dictionary.js';
import type { BulkValue, InstanceHeader } from '../data-set/instance-header.js';
import { jsonValue } from '../data-set/json-value.js';

export interface JsonOptions {
  /** The URI of the value at a path of `header.bulk`, such as `7FE00010` or `54000100/0/54001010`. */
  bulkDataUri: (path: string) => string;
}

/**
 * The DICOM JSON Model of an instance (PS3.18 §F.2), tags ascending: values that the header left out as BulkDataURI,
 * text by the character set of the data set that holds it, group lengths left out.
 */
export function toDicomJson(header: InstanceHeader, { bulkDataUri }: JsonOptions): DicomJson {
  const bulk = new Map([...header.bulk].reverse().map((value) => [value.path, value]));
  return dataSetJson(dataSetOf(header), { prefix: '', bulk, bulkDataUri });
}

interface Context extends JsonOptions {
  prefix: string;
  bulk: ReadonlyMap<string, BulkValue>;
}

function dataSetJson(dataSet: DataSet, context: Context): DicomJson {
  const characterSet = characterSetOf(dataSet);
  const json: DicomJson = {};
  for (const element of inOrder(dataSet.elements)) {
    if (element.tag % 0x10000 === 0) continue;
    // The first of equals counts, as everywhere (DataSet.byTag).
    json[tagHex(element.tag)] ??= elementJson(element, characterSet, context);
  }
  return json;
}

function elementJson(element: DataElement, characterSet: string, context: Context): JsonElement {
  const path = `${context.prefix}${tagHex(element.tag)}`;
  const left = element.value.length === 0 ? context.bulk.get(path) : undefined;
  if (left) return { vr: bulkVr(element, left), BulkDataURI: context.bulkDataUri(path) };
  if (element.items) {
    if (element.items.length === 0) return { vr: 'SQ' };
    return {
      vr: 'SQ',
      Value: element.items.map((item, index) => dataSetJson(item, { ...context, prefix: `${path}/${index}/` })),
    };
  }
  return jsonValue({ vr: element.vr, value: element.value, bigEndian: element.bigEndian, characterSet });
}

/**
 * OB where the scan found fragments. A sequence of defined length that was left out had VR UN, and has one URI for all
 * of it.
 */
function bulkVr(element: DataElement, left: BulkValue): string {
  if (element.vr === 'SQ') return 'UN';
  return left.vr === 'OB' ? 'OB' : element.vr;
}

/** In some files tags do not ascend; in JSON they have to (PS3.18 §F.2.2). */
function inOrder(elements: readonly DataElement[]): readonly DataElement[] {
  const ordered = elements.every((element, i) => i === 0 || elements[i - 1]!.tag < element.tag);
  return ordered ? elements : [...elements].sort((a, b) => a.tag - b.tag);
}
