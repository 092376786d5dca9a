import type { InstanceHeader } from '../data-set/instance-header.js';
import { expandSegments, lutValues, type Lut } from './lut.js';
import { itemNode, key, topNode, wordBytes, type DataSetNode } from '../data-set/data-set-node.js';

/** What the pixels of one frame mean: the Image Pixel, Modality LUT and VOI LUT attributes that apply to it. */
export interface PixelDescription {
  Rows: number;
  Columns: number;
  SamplesPerPixel: number;
  PhotometricInterpretation: string;
  BitsAllocated: number;
  BitsStored: number;
  HighBit: number;
  PixelRepresentation: number;
  PlanarConfiguration: number;
  /** Float Pixel Data and Double Float Pixel Data hold IEEE 754 numbers (PS3.3 §C.7.6.24). */
  sampleKind: 'integer' | 'float';
  RescaleSlope: number;
  RescaleIntercept: number;
  modalityLut?: Lut;
  WindowCenter?: number;
  WindowWidth?: number;
  VOILUTFunction: string;
  voiLut?: Lut;
  /** INVERSE shows the lowest value white (PS3.3 §C.11.6). */
  PresentationLUTShape?: string;
  PixelPaddingValue?: number;
  PixelPaddingRangeLimit?: number;
  palette?: { red: Lut; green: Lut; blue: Lut };
  /** Of the colours (PS3.3 §C.11.15). */
  iccProfile?: Uint8Array;
}

/** The paths of left-out values that a description may need. */
export function lutPaths(header: InstanceHeader): string[] {
  const lutData = /^(00283000\/0\/00283006|(.*\/)?00283010\/0\/00283006|00281[2][0-2][1-3]|00282000)$/;
  return header.bulk.map(({ path }) => path).filter((path) => lutData.test(path));
}

/**
 * Describes frame `frame` (from 1); multi-frame functional groups win over the top level (PS3.3 §C.7.6.16).
 * `bulk` has the values of `lutPaths(header)`. Undefined when the header describes no pixels.
 */
export function describePixels(
  header: Pick<InstanceHeader, 'dataSet' | 'transferSyntaxUID'>,
  { frame, bulk }: { frame: number; bulk: Record<string, Uint8Array> },
): PixelDescription | undefined {
  const top = topNode(header);
  const short = (tag: string) => top.dataSet.uint16(key(tag));
  const Rows = short('00280010');
  const Columns = short('00280011');
  const BitsAllocated = short('00280100');
  const { elements } = top.dataSet;
  const isFloat = elements.x7fe00008 !== undefined || elements.x7fe00009 !== undefined;
  if (!Rows || !Columns || !BitsAllocated) return undefined;
  const PixelRepresentation = short('00280103') ?? 0;
  const BitsStored = Math.min(short('00280101') || BitsAllocated, BitsAllocated);
  const rescale = functionalGroup(top, frame, '00289145') ?? top;
  const voi = functionalGroup(top, frame, '00289132') ?? top;
  const RescaleIntercept = rescale.dataSet.floatString(key('00281052')) ?? 0;
  const padding = (tag: string) =>
    PixelRepresentation === 1 ? top.dataSet.int16(key(tag)) : top.dataSet.uint16(key(tag));
  const signed = PixelRepresentation === 1;
  return {
    Rows,
    Columns,
    SamplesPerPixel: short('00280002') ?? 1,
    PhotometricInterpretation: (top.dataSet.string(key('00280004')) ?? 'MONOCHROME2').trim().toUpperCase(),
    BitsAllocated,
    BitsStored,
    HighBit: short('00280102') ?? BitsStored - 1,
    PixelRepresentation,
    PlanarConfiguration: short('00280006') ?? 0,
    sampleKind: isFloat ? 'float' : 'integer',
    RescaleSlope: rescale.dataSet.floatString(key('00281053')) || 1,
    RescaleIntercept,
    modalityLut: sequenceLut(top, '00283000', { bulk, signed }),
    WindowCenter: voi.dataSet.floatString(key('00281050'), 0),
    WindowWidth: voi.dataSet.floatString(key('00281051'), 0),
    VOILUTFunction: (voi.dataSet.string(key('00281056')) ?? 'LINEAR').trim().toUpperCase(),
    voiLut: sequenceLut(voi, '00283010', { bulk, signed: signed || RescaleIntercept < 0 }),
    PresentationLUTShape: top.dataSet.string(key('20500020'))?.trim().toUpperCase(),
    PixelPaddingValue: padding('00280120'),
    PixelPaddingRangeLimit: padding('00280121'),
    palette: palette(top, { bulk, signed }),
    iccProfile: profileOf(top, bulk),
  };
}

/** The frame's own functional group, else the shared one. */
function functionalGroup(top: DataSetNode, frame: number, tag: string): DataSetNode | undefined {
  const own = itemNode(top, '52009230', frame - 1);
  const shared = itemNode(top, '52009229');
  return (own && itemNode(own, tag)) ?? (shared && itemNode(shared, tag));
}

/** Bytes, whatever the byte order around them. */
function profileOf(top: DataSetNode, bulk: Record<string, Uint8Array>): Uint8Array | undefined {
  const element = top.dataSet.elements[key('00282000')];
  const kept = element && top.dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  return bulk['00282000'] ?? (kept?.length ? kept : undefined);
}

interface LutContext {
  bulk: Record<string, Uint8Array>;
  /** How to read the first mapped value where the encoding does not tell. */
  signed: boolean;
}

function sequenceLut(node: DataSetNode, tag: string, context: LutContext): Lut | undefined {
  const item = itemNode(node, tag);
  return item && readLut(item, '00283002', '00283006', undefined, context);
}

function palette(top: DataSetNode, context: LutContext): PixelDescription['palette'] {
  const [red, green, blue] = [1, 2, 3].map((index) =>
    readLut(top, `0028110${index}`, `0028120${index}`, `0028122${index}`, context),
  );
  return red && green && blue ? { red, green, blue } : undefined;
}

function readLut(
  node: DataSetNode,
  descriptorTag: string,
  dataTag: string,
  segmentedTag: string | undefined,
  { bulk, signed }: LutContext,
): Lut | undefined {
  const descriptor = node.dataSet.elements[key(descriptorTag)];
  const entryCount = node.dataSet.uint16(key(descriptorTag), 0) || 0x10000;
  const firstIsSigned = descriptor?.vr === 'SS' || (descriptor?.vr === undefined && signed);
  const firstMapped = firstIsSigned
    ? node.dataSet.int16(key(descriptorTag), 1)
    : node.dataSet.uint16(key(descriptorTag), 1);
  const bits = node.dataSet.uint16(key(descriptorTag), 2);
  if (firstMapped === undefined || bits === undefined) return undefined;
  const data = wordBytes(node, dataTag, bulk);
  const segmented = segmentedTag === undefined ? undefined : wordBytes(node, segmentedTag, bulk);
  const values = data ? lutValues(data, entryCount) : segmented && expandSegments(segmented, { entryCount, bits });
  if (values === undefined || values.length === 0) return undefined;
  return { firstMapped, bits: Math.min(Math.max(bits, 1), 16), values };
}
