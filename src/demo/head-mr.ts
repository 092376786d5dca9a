import { createNoise } from './create-noise.js';
import { demoUid } from './demo-uid.js';
import { blurSlice, drawSlice, samplesOf } from './draw-slice.js';
import { depthIn, type Ellipsoid, HEAD_TISSUES, type HeadTissue, headTissueAt, type Place } from './head-tissue.js';
import { axialPlane, type MadeSeries, type MadeStudy, modulesOf } from './modules.js';
import { writeImage } from './write-image.js';
import { TRANSFER_SYNTAXES } from '../standard/transfer-syntaxes.js';

/** Rows and columns of a slice, millimetres between pixels and between slices. */
const HEAD_MR = { slices: 24, size: 192, spacing: 1.2, thickness: 6, lowest: -62 } as const;
const MR_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.4';

interface Contrast {
  name: string;
  EchoTime: string;
  RepetitionTime: string;
  /** How bright each tissue is. */
  signal: Record<HeadTissue | 'tumour', number>;
  window: { center: number; width: number };
  /** Undefined: native. */
  transferSyntaxUID?: string;
}

/** The same places in two contrasts: fluid is dark in T1 and bright in T2. */
const MR_CONTRASTS: readonly Contrast[] = [
  {
    name: 'T1 axial',
    EchoTime: '14',
    RepetitionTime: '550',
    window: { center: 500, width: 1000 },
    transferSyntaxUID: TRANSFER_SYNTAXES.JPEGLSLossless.uid,
    signal: {
      air: 0,
      fat: 1000,
      muscle: 400,
      bone: 60,
      marrow: 520,
      fluid: 160,
      gray: 480,
      white: 680,
      eye: 200,
      calcification: 300,
      tumour: 330,
    },
  },
  {
    name: 'T2 axial',
    EchoTime: '98',
    RepetitionTime: '4200',
    window: { center: 600, width: 1200 },
    signal: {
      air: 0,
      fat: 620,
      muscle: 220,
      bone: 50,
      marrow: 330,
      fluid: 1250,
      gray: 620,
      white: 430,
      eye: 1150,
      calcification: 180,
      tumour: 980,
    },
  },
];

/** What is wrong with this head: in the right frontal lobe. */
const TUMOUR: Ellipsoid = { center: [-30, -32, 24], radii: [14, 15, 14] };

const TISSUES = [...HEAD_TISSUES, 'tumour'] as const;

const mrSliceHeight = (slice: number): number => HEAD_MR.lowest + slice * HEAD_MR.thickness;

/** Two MR series of a head with a tumour, of 12 bits: T1 in JPEG-LS, T2 native. */
export async function* headMr(study: MadeStudy): AsyncGenerator<Buffer> {
  const series = MR_CONTRASTS.map((contrast, index) => seriesOf(study, { contrast, number: index + 1 }));
  for (let slice = 0; slice < HEAD_MR.slices; slice++) {
    const z = mrSliceHeight(slice);
    const tissues = drawSlice(HEAD_MR, (x, y) => TISSUES.indexOf(tissueAt({ x, y, z })));
    for (const [index, contrast] of MR_CONTRASTS.entries()) {
      const { center, width } = contrast.window;
      const elements = [
        ...modulesOf(series[index]!, { SOPClassUID: MR_IMAGE_STORAGE, instance: slice + 1 }),
        ...axialPlane({ ...HEAD_MR, frameOfReference: demoUid(`${study.key}/frame`), z }),
        [0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\OTHER'],
        [0x00281050, 'DS', String(center)],
        [0x00281051, 'DS', String(width)],
      ] as const;
      const frames = [mrPixels(tissues, { contrast, seed: 2000 + 100 * index + slice })];
      const { size } = HEAD_MR;
      const pixels = { Rows: size, Columns: size, SamplesPerPixel: 1, BitsStored: 12, frames } as const;
      const { transferSyntaxUID } = contrast;
      yield writeImage(elements, { pixels, ...(transferSyntaxUID !== undefined && { transferSyntaxUID }) });
    }
  }
}

function seriesOf(study: MadeStudy, { contrast, number }: { contrast: Contrast; number: number }): MadeSeries {
  const { name, EchoTime, RepetitionTime } = contrast;
  return {
    study,
    number,
    Modality: 'MR',
    SeriesDescription: name,
    more: [
      [0x00180015, 'CS', 'HEAD'],
      [0x00180020, 'CS', 'SE'],
      [0x00180021, 'CS', 'NONE'],
      [0x00180022, 'CS', ''],
      [0x00180023, 'CS', '2D'],
      [0x00180080, 'DS', RepetitionTime],
      [0x00180081, 'DS', EchoTime],
      [0x00180087, 'DS', '1.5'],
      [0x00180091, 'IS', '1'],
      [0x00181030, 'LO', 'Head with two contrasts'],
    ],
  };
}

/** A slice of tissues as a coil in the middle sees it: brighter there, with noise that is never negative. */
function mrPixels(tissues: Float32Array, { contrast, seed }: { contrast: Contrast; seed: number }): Buffer {
  const { size } = HEAD_MR;
  const noise = createNoise(seed);
  const signals = blurSlice(
    tissues.map((tissue) => contrast.signal[TISSUES[tissue]!]),
    size,
  );
  const seen = signals.map((signal, at) => {
    const [column, row] = [(at % size) / size - 0.5, Math.floor(at / size) / size - 0.5];
    const gain = 1 + 0.12 * Math.cos(2.2 * column) * Math.cos(2.2 * row);
    return Math.hypot(signal * gain + 14 * noise.normal(), 14 * noise.normal());
  });
  return samplesOf(seen, 4095);
}

function tissueAt(place: Place): (typeof TISSUES)[number] {
  const tissue = headTissueAt(place);
  const isBrain = tissue === 'white' || tissue === 'gray';
  return isBrain && depthIn(TUMOUR, place) < 1 ? 'tumour' : tissue;
}
