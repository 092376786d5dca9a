import { LedgerError } from '../../base/errors.js';
import { creatorTag, isPrivate, isPrivateCreator, privateVr, publicVr } from './dictionary.js';
import { elementHeader, itemHeader, SEQUENCE_END } from './element-header.js';
import { encodingOf, explicitLittleEndian, isKnownVr, isTextVr, type Encoding } from './encoding.js';
import { MAX_KEPT_VALUE_BYTES, type InstanceHeader } from './instance-header.js';
import { walkDataSet, type Token } from './walk-data-set.js';
import { memoryWindow } from './byte-window.js';
import { ScanFault } from './scan-fault.js';
import { trimEnd } from './trim-end.js';

/** One element of a header's data set. */
export interface DataElement {
  tag: number;
  /** From the file, or from the dictionary where the file has none or UN. Never `xs`: that is US or SS by then. */
  vr: string;
  /** As the file has it; undefined where it has none (implicit VR). */
  declaredVr: string | undefined;
  /** The value field; empty for sequences and for values that were left out. */
  value: Buffer;
  bigEndian: boolean;
  items: DataSet[] | undefined;
}

/** Elements in the order of the file. */
export interface DataSet {
  elements: DataElement[];
  byTag: Map<number, DataElement>;
  parent: DataSet | undefined;
}

/** Data sets by the bytes that they were parsed from: all that is asked of one header parses it once. */
const parsed = new WeakMap<Buffer, DataSet>();

/** The parsed data set of a header. Throws `corrupt` when it cannot be parsed, or has a value that is too long for a header. */
export function dataSetOf(header: Pick<InstanceHeader, 'dataSet' | 'transferSyntaxUID'>): DataSet {
  const known = parsed.get(header.dataSet);
  if (known) return known;
  const result = parseDataSet(header.dataSet, encodingOf(header.transferSyntaxUID, header.dataSet));
  parsed.set(header.dataSet, result);
  return result;
}

/** Parses bytes that are all in memory. Throws `corrupt`. */
function parseDataSet(bytes: Buffer, encoding: Encoding, parent?: DataSet): DataSet {
  const root: DataSet = { elements: [], byTag: new Map(), parent };
  let current = root;
  const sequences: DataElement[] = [];
  const add = (token: { tag: number; vr: string | undefined; encoding: Encoding }, value: Buffer): DataElement => {
    const element: DataElement = {
      tag: token.tag,
      vr: '',
      declaredVr: token.vr,
      value,
      bigEndian: token.encoding.bigEndian,
      items: undefined,
    };
    current.elements.push(element);
    if (!current.byTag.has(token.tag)) current.byTag.set(token.tag, element);
    return element;
  };
  const on = (token: Token): void => {
    // Nobody's header has such values: whoever wrote it lies.
    if ((token.kind === 'value' || token.kind === 'fragment') && token.byteCount > MAX_KEPT_VALUE_BYTES)
      throw new ScanFault(`A header has a value of ${token.byteCount} bytes.`);
    if (token.kind === 'value') {
      const element = add(token, bytes.subarray(token.offset, token.offset + token.byteCount));
      resolve(element, token.vr, current);
    } else if (token.kind === 'sequence') {
      const element = add(token, bytes.subarray(0, 0));
      element.vr = 'SQ';
      element.items = [];
      sequences.push(element);
    } else if (token.kind === 'item') {
      current = { elements: [], byTag: new Map(), parent: current };
      sequences[sequences.length - 1]!.items!.push(current);
    } else if (token.kind === 'item-end') {
      current = current.parent!;
    } else if (token.kind === 'sequence-end') {
      sequences.pop();
    }
  };
  try {
    const walk = walkDataSet(memoryWindow(bytes), { offset: 0, encoding, presentBytes: 0 });
    for (let step = walk.next(true); !step.done; step = walk.next(step.value.kind !== 'need')) on(step.value);
  } catch (cause) {
    throw new LedgerError('corrupt', `A data set of ${bytes.length} bytes cannot be parsed.`, { cause });
  }
  return root;
}

/** The first element of that tag in the data set itself, not in its items. */
export function elementOf(dataSet: DataSet, tag: number): DataElement | undefined {
  return dataSet.byTag.get(tag);
}

/** A short text without its padding; '' where there is none. */
export function textOf(dataSet: DataSet, tag: number): string {
  return trimEnd(elementOf(dataSet, tag)?.value.toString('latin1') ?? '').trim();
}

/** Number `index`, from 0, of an element of 16-bit numbers without sign; undefined where the value is too short. */
export function wordOf(dataSet: DataSet, tag: number, index = 0): number | undefined {
  const element = elementOf(dataSet, tag);
  if (!element || element.value.length < 2 * index + 2) return undefined;
  return element.bigEndian ? element.value.readUInt16BE(2 * index) : element.value.readUInt16LE(2 * index);
}

/** As `wordOf`, of numbers with a sign. */
export function signedWordOf(dataSet: DataSet, tag: number, index = 0): number | undefined {
  const word = wordOf(dataSet, tag, index);
  return word === undefined || word < 0x8000 ? word : word - 0x10000;
}

/** PixelRepresentation (0028,0103) of the data set or of the nearest one around it that has it: 1 = signed. */
export function pixelRepresentation(dataSet: DataSet | undefined): number {
  for (let level = dataSet; level; level = level.parent) {
    const number = wordOf(level, 0x00280103);
    if (number !== undefined) return number;
  }
  return 0;
}

/** Sets the VR by which the value is read. A sequence that was written as UN is parsed into its items (PS3.5 §6.2.2). */
function resolve(element: DataElement, vr: string | undefined, dataSet: DataSet): void {
  if (vr !== undefined && vr !== 'UN' && isKnownVr(vr)) {
    element.vr = vr;
    return;
  }
  const known = dictionaryVr(element, dataSet);
  element.vr = known === 'xs' ? (pixelRepresentation(dataSet) === 1 ? 'SS' : 'US') : (known ?? 'UN');
  // A value of unknown VR is in little endian whatever surrounds it.
  if (vr === 'UN') element.bigEndian = false;
  if (element.vr !== 'SQ') return;
  const value = element.value;
  try {
    element.items = itemsOf(value, dataSet);
    element.value = value.subarray(0, 0);
  } catch {
    element.vr = 'UN';
  }
}

function dictionaryVr({ tag, value }: DataElement, dataSet: DataSet): string | undefined {
  if (!isPrivate(tag)) return publicVr(tag);
  if (isPrivateCreator(tag)) return 'LO';
  const creator = dataSet.byTag.get(creatorTag(tag));
  const known = creator && privateVr(tag, trimEnd(creator.value.toString('latin1')));
  return known !== undefined && isTextVr(known) && !isText(value) ? undefined : known;
}

/** Private dictionaries are sometimes wrong: a value with control characters that no text has (PS3.5 §6.1.3) is not text. */
function isText(value: Buffer): boolean {
  return !/[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(trimEnd(value.toString('latin1'), '\0'));
}

/** Items in a value field of defined length, as UN has them: implicit VR little endian, or what they show that they are in. */
function itemsOf(value: Buffer, parent: DataSet): DataSet[] {
  if (value.length === 0) return [];
  const wrapped = Buffer.concat([UNKNOWN_SEQUENCE, value, itemHeader(explicitLittleEndian, SEQUENCE_END, 0)]);
  const items = parseDataSet(wrapped, explicitLittleEndian, parent).elements[0]!.items!;
  for (const item of items) item.parent = parent;
  return items;
}

/** What the walker takes for a sequence, whatever its tag. */
const UNKNOWN_SEQUENCE = elementHeader(explicitLittleEndian, { tag: 0x0040a730, vr: 'UN', byteCount: undefined });
