import dicomParser, { type DataSet } from 'dicom-parser';
import { asBuffer } from './as-buffer.js';
import { publicVr } from './dictionary.js';
import { encodingOf, swapped, unitBytes, type Encoding } from './encoding.js';
import type { InstanceHeader } from './instance-header.js';
import { walkDataSet } from './walk-data-set.js';
import { memoryWindow } from './byte-window.js';

/** A data set of a header, at its top or within items, with the path of what it holds (as in `BulkValue.path`). */
export interface DataSetNode {
  dataSet: DataSet;
  /** Empty at the top, else ends in `/`. */
  path: string;
  littleEndian: boolean;
}

/** Reads a header's data set in its own encoding. Throws what dicom-parser throws when it is not one. */
export function topNode({
  dataSet: stored,
  transferSyntaxUID,
}: Pick<InstanceHeader, 'dataSet' | 'transferSyntaxUID'>): DataSetNode {
  const encoding = encodingOf(transferSyntaxUID, stored);
  const { explicit, bigEndian } = encoding;
  const bytes = explicit ? forParser(stored, encoding) : stored;
  const littleEndian = !bigEndian;
  const parser = littleEndian ? dicomParser.littleEndianByteArrayParser : dicomParser.bigEndianByteArrayParser;
  const stream = new dicomParser.ByteStream(parser, bytes, 0);
  // The class is exported, only its type is not.
  const { DataSet: Parsed } = dicomParser as unknown as {
    DataSet: new (parser: unknown, bytes: Uint8Array, elements: object) => DataSet;
  };
  const dataSet = new Parsed(parser, bytes, {});
  if (explicit) dicomParser.parseDicomDataSetExplicit(dataSet, stream, bytes.length);
  else dicomParser.parseDicomDataSetImplicit(dataSet, stream, bytes.length);
  return { dataSet, path: '', littleEndian };
}

const newVrs = ['OV', 'SV', 'UV'];

/**
 * dicom-parser takes the VRs of 2019 for such with a length of 16 bits; UN has the 32 bits that they have. And it reads UN
 * in the byte order of the data set, but it is in little endian irrespective of that (PS3.5 §6.2.2 Note 2).
 */
function forParser(bytes: Buffer, encoding: Encoding): Buffer {
  const sought = encoding.bigEndian ? [...newVrs, 'UN'] : newVrs;
  // Hardly any object has one; a walk through all of it would be for nothing.
  if (!sought.some((vr) => bytes.includes(vr))) return bytes;
  let copy: Buffer | undefined;
  const walk = walkDataSet(memoryWindow(bytes), { offset: 0, encoding, presentBytes: 0 });
  for (let step = walk.next(true); !step.done; step = walk.next(step.value.kind !== 'need')) {
    const token = step.value;
    if (token.kind !== 'value' || !token.encoding.explicit || !sought.includes(token.vr ?? '')) continue;
    copy ??= Buffer.from(bytes);
    if (token.vr === 'UN') {
      const value = copy.subarray(token.offset, token.offset + token.byteCount);
      swapped(value, unitOf(token.tag)).copy(value);
    } else copy.write('UN', token.offset - 8, 'latin1');
  }
  return copy ?? bytes;
}

/** US or SS are of one length. */
function unitOf(tag: number): 1 | 2 | 4 | 8 {
  const vr = publicVr(tag) ?? 'UN';
  return vr === 'xs' ? 2 : unitBytes(vr);
}

/** Item `index` (from 0) of sequence `tag` (eight upper-case hex digits). */
export function itemNode(node: DataSetNode, tag: string, index = 0): DataSetNode | undefined {
  const dataSet = node.dataSet.elements[key(tag)]?.items?.[index]?.dataSet;
  return dataSet && { ...node, dataSet, path: `${node.path}${tag}/${index}/` };
}

/**
 * The 16-bit words of an element's value, little endian: from the header, or from `bulk` by its path when it was left
 * out. Undefined when there are none.
 */
export function wordBytes(node: DataSetNode, tag: string, bulk: Record<string, Uint8Array>): Buffer | undefined {
  const leftOut = bulk[node.path + tag];
  if (leftOut !== undefined) return asBuffer(leftOut);
  const element = node.dataSet.elements[key(tag)];
  if (element === undefined || element.length === 0) return undefined;
  const value = Buffer.from(node.dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length));
  return node.littleEndian ? value : swapped(value, 2);
}

export function key(tag: string): string {
  return `x${tag.toLowerCase()}`;
}
