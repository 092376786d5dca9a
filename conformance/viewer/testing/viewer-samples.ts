import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import dicomParser from 'dicom-parser';
import { encapsulated, type HandMade, part10, sequence, spell, text, words } from '../../../src/dicom/testing/hand-made.js';
import { sampleFolder } from '../../../src/dicom/testing/sample-files.js';
import { newUid } from '../../testing/make-dicom.js';

/** An object for the viewer to show. */
export interface ViewerSample {
  bytes: Buffer;
  study: string;
  series: string;
  instance: string;
}

const fixture = (name: string): Buffer => readFileSync(fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url)));

let counter = 0;

/**
 * The file with UIDs of its own, as long as they were: many sample files are one image in several transfer syntaxes, under
 * one SOP Instance UID. A deflated file stays as it is.
 */
function withOwnUids(file: string): ViewerSample {
  const bytes = readFileSync(file);
  const { elements, byteArray, string } = parsed(bytes);
  const own = (tag: string, ...places: string[]): string => {
    const old = string(tag) ?? '';
    if (byteArray.length !== bytes.length) return old;
    const uid = `2.25.${'1'.padEnd(old.length - 11, '0')}${String(++counter).padStart(6, '0')}`;
    for (const place of [tag, ...places]) {
      const offset = elements[place]?.dataOffset;
      if (offset !== undefined) bytes.write(uid, offset, 'latin1');
    }
    return uid;
  };
  const ids = { study: own('x0020000d'), series: own('x0020000e'), instance: own('x00080018', 'x00020003') };
  return { bytes, ...ids };
}

function parsed(bytes: Buffer) {
  const dataSet = dicomParser.parseDicom(bytes, { untilTag: 'x0020000e' });
  return {
    elements: dataSet.elements,
    byteArray: dataSet.byteArray,
    string: (tag: string) => dataSet.string(tag),
  };
}

/** Side of the phantom: a ramp, an ellipse, a bright square and a dark bar, no two corners alike. */
const phantomSide = 128;

/** 12 bits in 16. */
function phantom(): Uint16Array {
  return Uint16Array.from({ length: phantomSide ** 2 }, (_, at) => {
    const [x, y] = [at % phantomSide, Math.floor(at / phantomSide)];
    if (x > 70 && x < 120 && y > 90 && y < 100) return 100;
    if (x > 88 && x < 116 && y > 12 && y < 40) return 3900;
    if (((x - 48) / 30) ** 2 + ((y - 64) / 45) ** 2 < 1) return 3000 - 10 * y;
    return 400 + 8 * x + 4 * y;
  });
}

/** Secondary Capture of a Part 10 file of `more` elements, whose pixels are `frames` in `transferSyntaxUID`, or `native` ones. */
export function madeSample({
  sopClass = '1.2.840.10008.5.1.4.1.1.7',
  modality = 'OT',
  more = [],
  compressed,
}: {
  sopClass?: string;
  modality?: string;
  more?: HandMade[];
  compressed?: { transferSyntaxUID: string; fragments: Buffer[] };
}): ViewerSample {
  const [study, series, instance] = [newUid(), newUid(), newUid()];
  const elements = [
    text(0x00080016, 'UI', sopClass),
    text(0x00080018, 'UI', instance),
    text(0x00080020, 'DA', '20240229'),
    text(0x00080060, 'CS', modality),
    text(0x00100010, 'PN', 'Viewer^Made'),
    text(0x00100020, 'LO', 'VIEW-MADE'),
    text(0x0020000d, 'UI', study),
    text(0x0020000e, 'UI', series),
    text(0x00200011, 'IS', '1'),
    text(0x00200013, 'IS', '1'),
    ...more,
  ].sort((a, b) => a.tag - b.tag);
  const dataSet = Buffer.concat([
    spell(elements, 'explicit'),
    ...(compressed ? [encapsulated(compressed.fragments)] : []),
  ]);
  const bytes = part10(dataSet, {
    mediaStorageUid: instance,
    ...(compressed && { transferSyntaxUID: compressed.transferSyntaxUID }),
  });
  return { bytes, study, series, instance };
}

/** Elements of the Image Pixel Module. */
export function pixelModule({
  photometric = 'MONOCHROME2',
  rows = phantomSide,
  columns = phantomSide,
  samples = 1,
  allocated = 16,
  stored = 12,
  planar = 0,
  frames,
}: {
  photometric?: string;
  rows?: number;
  columns?: number;
  samples?: number;
  allocated?: number;
  stored?: number;
  planar?: number;
  frames?: number;
} = {}): HandMade[] {
  return [
    words(0x00280002, 'US', samples),
    text(0x00280004, 'CS', photometric),
    ...(samples > 1 ? [words(0x00280006, 'US', planar)] : []),
    ...(frames === undefined ? [] : [text(0x00280008, 'IS', String(frames))]),
    words(0x00280010, 'US', rows),
    words(0x00280011, 'US', columns),
    words(0x00280100, 'US', allocated),
    words(0x00280101, 'US', stored),
    words(0x00280102, 'US', stored - 1),
    words(0x00280103, 'US', 0),
  ];
}

/** A page with one line of text. */
export const pdf = Buffer.from(`%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj
4 0 obj<</Length 40>>stream
BT /F 24 Tf 40 100 Td (No finding) Tj ET
endstream endobj
trailer<</Root 1 0 R>>
`);

const code = (tag: number, value: string, meaning: string): HandMade =>
  sequence(tag, [[text(0x00080100, 'SH', value), text(0x00080102, 'SH', 'DCM'), text(0x00080104, 'LO', meaning)]]);

export const pixels = (numbers: Uint8Array | Uint16Array, vr: string): HandMade => ({
  tag: 0x7fe00010,
  vr,
  value: Buffer.from(numbers.buffer),
});

const compressedPhantom = (transferSyntaxUID: string, name: string): ViewerSample =>
  madeSample({ more: pixelModule(), compressed: { transferSyntaxUID, fragments: [even(fixture(name))] } });

export const even = (bytes: Buffer): Buffer => (bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]));

/** Pictures made here or by encoders that no other test has: each must look in the viewer as it does rendered. */
export const madePictures: Record<string, () => ViewerSample> = {
  'Explicit VR Little Endian': () => madeSample({ more: [...pixelModule(), pixels(phantom(), 'OW')] }),
  MONOCHROME1: () => madeSample({ more: [...pixelModule({ photometric: 'MONOCHROME1' }), pixels(phantom(), 'OW')] }),
  'JPEG Lossless .57, predictor 6': () => compressedPhantom('1.2.840.10008.1.2.4.57', 'phantom-predictor-6.jpg'),
  'HTJ2K lossless .201': () => compressedPhantom('1.2.840.10008.1.2.4.201', 'phantom-rpcl.jhc'),
  'HTJ2K lossless RPCL .202': () => compressedPhantom('1.2.840.10008.1.2.4.202', 'phantom-rpcl.jhc'),
  'HTJ2K lossy .203': () => compressedPhantom('1.2.840.10008.1.2.4.203', 'phantom-lossy.jhc'),
};

/** One bit a pixel: the bright half of the phantom. */
export const oneBit = (): ViewerSample => {
  const bits = new Uint8Array(phantomSide ** 2 / 8);
  phantom().forEach((value, at) => {
    if (value > 1400) bits[at >> 3]! |= 1 << (at & 7);
  });
  return madeSample({
    sopClass: '1.2.840.10008.5.1.4.1.1.7.1',
    more: [...pixelModule({ allocated: 1, stored: 1, frames: 1 }), pixels(bits, 'OB')],
  });
};

export const movieFrames = 12;

/** A bright bar that moves down, one step a frame. */
export const movie = (): ViewerSample => {
  const side = 60;
  const frame = (number: number) =>
    Uint8Array.from({ length: side ** 2 }, (_, at) => (Math.floor(at / side / 5) === number ? 255 : at % side));
  const frames = Buffer.concat(Array.from({ length: movieFrames }, (_, number) => frame(number)));
  return madeSample({
    sopClass: '1.2.840.10008.5.1.4.1.1.7.2',
    more: [
      text(0x00181063, 'DS', '100'),
      ...pixelModule({ rows: side, columns: side, allocated: 8, stored: 8, frames: movieFrames }),
      pixels(new Uint8Array(frames), 'OB'),
    ],
  });
};

/** A square that moves to the right for a second. */
export const moving = (): ViewerSample =>
  madeSample({
    sopClass: '1.2.840.10008.5.1.4.1.1.77.1.4.1',
    modality: 'XC',
    more: [
      text(0x00181063, 'DS', '40'),
      ...pixelModule({
        photometric: 'YBR_PARTIAL_420',
        rows: 120,
        columns: 160,
        samples: 3,
        allocated: 8,
        stored: 8,
        frames: 25,
      }),
    ],
    compressed: { transferSyntaxUID: '1.2.840.10008.1.2.4.102', fragments: [even(fixture('moving.mp4'))] },
  });

export const document = (): ViewerSample =>
  madeSample({
    sopClass: '1.2.840.10008.5.1.4.1.1.104.1',
    modality: 'DOC',
    more: [
      text(0x00420010, 'ST', 'Report'),
      { tag: 0x00420011, vr: 'OB', value: even(pdf) },
      text(0x00420012, 'LO', 'application/pdf'),
    ],
  });

export const report = (): ViewerSample =>
  madeSample({
    sopClass: '1.2.840.10008.5.1.4.1.1.88.11',
    modality: 'SR',
    more: [
      text(0x0040a040, 'CS', 'CONTAINER'),
      code(0x0040a043, '121181', 'Radiology Report'),
      text(0x0040a050, 'CS', 'SEPARATE'),
      text(0x0040a491, 'CS', 'COMPLETE'),
      text(0x0040a493, 'CS', 'UNVERIFIED'),
      sequence(0x0040a730, [
        [
          text(0x0040a010, 'CS', 'CONTAINS'),
          text(0x0040a040, 'CS', 'TEXT'),
          code(0x0040a043, '121071', 'Finding'),
          text(0x0040a160, 'UT', 'No pneumothorax is seen.'),
        ],
      ]),
    ],
  });

/** Real files by what is special about them. */
export const realPictures: Record<string, string> = {
  'Implicit VR Little Endian': 'mr-structural/N2D_0096.dcm',
  'Explicit VR Little Endian': 'wg04/RG2_UNC.dcm',
  'Explicit VR Big Endian': 'pydicom/MR_small_bigendian.dcm',
  'Explicit VR Big Endian of 32 bits': 'pydicom/rtdose_expb.dcm',
  Deflated: 'pydicom/image_dfl.dcm',
  'RLE, 16 bits': 'wg04/MR1_RLE.dcm',
  'RLE, colour': 'wg04/US1_RLE.dcm',
  'JPEG Baseline .50, RGB as YBR_FULL_422, 30 frames': 'pydicom/examples_ybr_color.dcm',
  'JPEG Baseline .50, not subsampled': 'pydicom/SC_rgb_jpeg_dcmtk.dcm',
  'JPEG Lossless .70, gray': 'wg04/SC1_JPLL.dcm',
  'JPEG Lossless .70, colour': 'pydicom/SC_rgb_jpeg_gdcm.dcm',
  'JPEG-LS lossless .80': 'wg04/MR1_JLSL.dcm',
  'JPEG-LS near-lossless .81': 'wg04/RG2_JLSN.dcm',
  'JPEG 2000 lossless .90, gray': 'wg04/NM1_J2KR.dcm',
  'JPEG 2000 lossless .90, YBR_RCT': 'wg04/VL1_J2KR.dcm',
  'JPEG 2000 .91, gray, signed': 'wg04/CT1_J2KI.dcm',
  'JPEG 2000 .91, YBR_ICT': 'wg04/US1_J2KI.dcm',
  'RGB, uncompressed': 'wg04/VL1_UNC.dcm',
  'PALETTE COLOR': 'pydicom/examples_palette.dcm',
  '32 bits, 15 frames': 'pydicom/rtdose.dcm',
};

export const realPicture = (name: string): ViewerSample => withOwnUids(path.join(sampleFolder, name));
