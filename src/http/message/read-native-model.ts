import { LedgerError } from '../../base/errors.js';
import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';
import { readXml, type XmlElement } from './read-xml.js';

const GROUPS = ['Alphabetic', 'Ideographic', 'Phonetic'];
const COMPONENTS = ['FamilyName', 'GivenName', 'MiddleName', 'NamePrefix', 'NameSuffix'];

/** A data set from XML (PS3.19 §A.1, Native DICOM Model). Numbers stay text. Throws `bad-request`. */
export function readNativeModel(text: string): DicomJson {
  const root = readXml(text);
  if (root.name !== 'NativeDicomModel') throw fault('its element is no NativeDicomModel');
  return dataSetOf(root);
}

function dataSetOf({ children }: XmlElement): DicomJson {
  const dataSet: DicomJson = {};
  const named: XmlElement[] = [];
  for (const child of children) {
    if (child.name !== 'DicomAttribute') throw fault(`a data set has an element that is no DicomAttribute`);
    if (child.attributes['privateCreator'] === undefined) add(dataSet, tagOf(child), child);
    else named.push(child);
  }
  for (const child of named) {
    const tag = tagOf(child);
    const block = blockOf(dataSet, tag.slice(0, 4), child.attributes['privateCreator'] ?? '');
    add(dataSet, `${tag.slice(0, 4)}${block}${tag.slice(6)}`, child);
  }
  return dataSet;
}

function tagOf({ attributes }: XmlElement): string {
  const tag = attributes['tag']?.toUpperCase() ?? '';
  if (!/^[0-9A-F]{8}$/.test(tag)) throw fault('a DicomAttribute has no tag of eight hex digits');
  return tag;
}

function add(dataSet: DicomJson, tag: string, element: XmlElement): void {
  if (dataSet[tag] !== undefined) throw fault('a DicomAttribute stands twice in a data set');
  dataSet[tag] = elementOf(element);
}

/** The block that the creator has reserved (PS3.5 §7.8.1), or from now on has. */
function blockOf(dataSet: DicomJson, group: string, creator: string): string {
  for (let block = 0x10; block <= 0xff; block++) {
    const hex = block.toString(16).toUpperCase();
    const key = `${group}00${hex}`;
    dataSet[key] ??= { vr: 'LO', Value: [creator] };
    if (dataSet[key].Value?.[0] === creator) return hex;
  }
  throw fault('a group has more than 240 private creators');
}

function elementOf({ attributes, children }: XmlElement): JsonElement {
  const vr = attributes['vr'] ?? '';
  const [first] = children;
  if (first === undefined) return { vr };
  if (first.name === 'BulkData') {
    const uri = first.attributes['uri'] ?? first.attributes['uuid'];
    if (uri === undefined) throw fault('a BulkData has no uri');
    return { vr, BulkDataURI: uri };
  }
  if (first.name === 'InlineBinary') return { vr, InlineBinary: first.text.replace(/\s+/g, '') };
  return { vr, Value: valuesOf(children) };
}

/** In the order of their numbers, from 1; one that is left out is null. */
function valuesOf(children: readonly XmlElement[]): unknown[] {
  const values: unknown[] = [];
  for (const [index, child] of children.entries()) {
    const number = Number(child.attributes['number'] ?? index + 1);
    if (!Number.isInteger(number) || number < 1 || number > 10 * children.length + 1000)
      throw fault('a value has no number from 1 on');
    while (values.length < number) values.push(null);
    values[number - 1] = valueOf(child);
  }
  return values;
}

function valueOf(child: XmlElement): unknown {
  if (child.name === 'Value') return child.text;
  if (child.name === 'Item') return dataSetOf(child);
  if (child.name !== 'PersonName') throw fault('a DicomAttribute has what is no value');
  return Object.fromEntries(
    child.children.filter(({ name }) => GROUPS.includes(name)).map((group) => [group.name, nameOf(group)]),
  );
}

function nameOf({ children }: XmlElement): string {
  const parts = COMPONENTS.map((component) => children.find(({ name }) => name === component)?.text ?? '');
  return parts.join('^').replace(/\^+$/, '');
}

function fault(what: string): LedgerError {
  return new LedgerError(
    'bad-request',
    `The metadata is no Native DICOM Model: ${what}; correct it and send it again.`,
  );
}
