import type { InstanceHeader } from '../data-set/instance-header.js';
import { dataSetOf, elementOf, signedWordOf, wordOf, type DataSet } from '../data-set/data-set.js';
import { tagHex } from '../data-set/dictionary.js';
import { itemAt, type Place } from '../data-set/place.js';
import { paletteLuts, sequenceLut, type Lut, type Palette } from './lut.js';

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
  palette?: Palette;
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
 * `bulk` has the values of `lutPaths(header)`. Undefined when the header describes no pixels. Throws `corrupt` when its
 * data set cannot be parsed.
 */
export function describePixels(
  header: Pick<InstanceHeader, 'dataSet' | 'transferSyntaxUID'>,
  { frame, bulk }: { frame: number; bulk: Record<string, Uint8Array> },
): PixelDescription | undefined {
  const dataSet = dataSetOf(header);
  const top: Place = { dataSet, path: '' };
  const Rows = wordOf(dataSet, 0x00280010);
  const Columns = wordOf(dataSet, 0x00280011);
  const BitsAllocated = wordOf(dataSet, 0x00280100);
  if (!Rows || !Columns || !BitsAllocated) return undefined;
  const PixelRepresentation = wordOf(dataSet, 0x00280103) ?? 0;
  const signed = PixelRepresentation === 1;
  const BitsStored = Math.min(wordOf(dataSet, 0x00280101) || BitsAllocated, BitsAllocated);
  const rescale = functionalGroup(top, frame, PIXEL_VALUE_TRANSFORMATION_SEQUENCE) ?? top;
  const voi = functionalGroup(top, frame, FRAME_VOI_LUT_SEQUENCE) ?? top;
  const RescaleIntercept = decimalOf(rescale.dataSet, 0x00281052) ?? 0;
  const padding = signed ? signedWordOf : wordOf;
  return {
    Rows,
    Columns,
    SamplesPerPixel: wordOf(dataSet, 0x00280002) ?? 1,
    PhotometricInterpretation: termOf(dataSet, 0x00280004) ?? 'MONOCHROME2',
    BitsAllocated,
    BitsStored,
    HighBit: wordOf(dataSet, 0x00280102) ?? BitsStored - 1,
    PixelRepresentation,
    PlanarConfiguration: wordOf(dataSet, 0x00280006) ?? 0,
    sampleKind: FLOAT_PIXEL_DATA.some((tag) => elementOf(dataSet, tag)) ? 'float' : 'integer',
    RescaleSlope: decimalOf(rescale.dataSet, 0x00281053) || 1,
    RescaleIntercept,
    modalityLut: sequenceLut(top, MODALITY_LUT_SEQUENCE, { bulk, signed }),
    WindowCenter: decimalOf(voi.dataSet, 0x00281050),
    WindowWidth: decimalOf(voi.dataSet, 0x00281051),
    VOILUTFunction: termOf(voi.dataSet, 0x00281056) ?? 'LINEAR',
    voiLut: sequenceLut(voi, VOI_LUT_SEQUENCE, { bulk, signed: signed || RescaleIntercept < 0 }),
    PresentationLUTShape: termOf(dataSet, 0x20500020),
    PixelPaddingValue: padding(dataSet, 0x00280120),
    PixelPaddingRangeLimit: padding(dataSet, 0x00280121),
    palette: paletteLuts(top, { bulk, signed }),
    iccProfile: profileOf(dataSet, bulk),
  };
}

const FLOAT_PIXEL_DATA = [0x7fe00008, 0x7fe00009] as const;
const MODALITY_LUT_SEQUENCE = 0x00283000;
const VOI_LUT_SEQUENCE = 0x00283010;
const ICC_PROFILE = 0x00282000;
const SHARED_FUNCTIONAL_GROUPS_SEQUENCE = 0x52009229;
const PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE = 0x52009230;
const FRAME_VOI_LUT_SEQUENCE = 0x00289132;
const PIXEL_VALUE_TRANSFORMATION_SEQUENCE = 0x00289145;

/** The frame's own functional group, else the shared one. */
function functionalGroup(top: Place, frame: number, tag: number): Place | undefined {
  const own = itemAt(top, PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frame - 1);
  const shared = itemAt(top, SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
  return (own && itemAt(own, tag)) ?? (shared && itemAt(shared, tag));
}

/** A defined term in capitals, up to a NUL; undefined where the value is missing or empty. */
function termOf(dataSet: DataSet, tag: number): string | undefined {
  return latin1Of(dataSet, tag)?.trim().toUpperCase();
}

/** The first of decimal numbers; undefined where the value is missing or empty, NaN for what is no number. */
function decimalOf(dataSet: DataSet, tag: number): number | undefined {
  const text = latin1Of(dataSet, tag);
  return text === undefined ? undefined : parseFloat(text.split('\\', 1)[0] ?? '');
}

function latin1Of(dataSet: DataSet, tag: number): string | undefined {
  const value = elementOf(dataSet, tag)?.value;
  return value?.length ? value.toString('latin1').split('\0', 1)[0] : undefined;
}

/** Bytes, whatever the byte order around them. */
function profileOf(dataSet: DataSet, bulk: Record<string, Uint8Array>): Uint8Array | undefined {
  const kept = elementOf(dataSet, ICC_PROFILE)?.value;
  return bulk[tagHex(ICC_PROFILE)] ?? (kept?.length ? kept : undefined);
}
