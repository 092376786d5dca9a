import { createNoise } from './create-noise.js';
import { demoUid } from './demo-uid.js';
import { blurSlice, drawSlice, samplesOf } from './draw-slice.js';
import { depthIn, type Ellipsoid, type HeadTissue, headTissueAt, type Place } from './head-tissue.js';
import { axialPlane, type MadeSeries, type MadeStudy, modulesOf } from './modules.js';
import { writeImage } from './write-image.js';
import { TRANSFER_SYNTAXES } from '../standard/transfer-syntaxes.js';

/** Rows and columns of a slice, millimetres between pixels and between slices. */
export const HEAD_CT = { slices: 40, size: 256, spacing: 0.9, thickness: 4, lowest: -70 } as const;
export const CT_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.2';
const HTJ2K_LOSSLESS = TRANSFER_SYNTAXES.HTJ2KLossless.uid;
/** Hounsfield units of a stored 0. */
export const RESCALE_INTERCEPT = -1024;

/** Hounsfield units. */
export const HOUNSFIELD: Record<HeadTissue | 'blood' | 'swelling', number> = {
  air: -1000,
  fat: -90,
  muscle: 50,
  bone: 1250,
  marrow: 550,
  fluid: 6,
  gray: 39,
  white: 28,
  eye: 12,
  calcification: 240,
  blood: 66,
  swelling: 18,
};

/** What is wrong with this head: blood in the left hemisphere, with swelling around it. */
export const BLEEDING: Ellipsoid = { center: [34, 6, 14], radii: [12, 17, 12] };
const SWELLING: Ellipsoid = { center: [34, 6, 14], radii: [17, 23, 16] };

export const headCtSeries = (study: MadeStudy): MadeSeries => ({
  study,
  number: 1,
  Modality: 'CT',
  SeriesDescription: 'Head 4.0 axial',
  more: [
    [0x00180015, 'CS', 'HEAD'],
    [0x00180060, 'DS', '120'],
    [0x00181030, 'LO', 'Head without contrast'],
  ],
});

const headCtFrame = (study: MadeStudy): string => demoUid(`${study.key}/frame`);

/** Of slice 0 to 39, from below. */
const sliceHeight = (slice: number): number => HEAD_CT.lowest + slice * HEAD_CT.thickness;

/** A CT of a head with a bleeding, slice by slice from below: HTJ2K, 12 bits. */
export async function* headCt(study: MadeStudy): AsyncGenerator<Buffer> {
  const series = headCtSeries(study);
  for (let slice = 0; slice < HEAD_CT.slices; slice++) {
    const z = sliceHeight(slice);
    const elements = [
      ...modulesOf(series, { SOPClassUID: CT_IMAGE_STORAGE, instance: slice + 1 }),
      ...axialPlane({ ...HEAD_CT, frameOfReference: headCtFrame(study), z }),
      [0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
      [0x00200012, 'IS', '1'],
      [0x00281050, 'DS', '40\\400'],
      [0x00281051, 'DS', '90\\2500'],
      [0x00281052, 'DS', String(RESCALE_INTERCEPT)],
      [0x00281053, 'DS', '1'],
      [0x00281054, 'LO', 'HU'],
      [0x00281055, 'LO', 'BRAIN\\BONE'],
    ] as const;
    const { size } = HEAD_CT;
    const pixels = {
      Rows: size,
      Columns: size,
      SamplesPerPixel: 1,
      BitsStored: 12,
      frames: [ctPixels(slice)],
    } as const;
    yield writeImage(elements, { pixels, transferSyntaxUID: HTJ2K_LOSSLESS });
  }
}

/** Stored values of a slice: Hounsfield units less the intercept, with the grain of a scanner. */
function ctPixels(slice: number): Buffer {
  const z = sliceHeight(slice);
  const noise = createNoise(1000 + slice);
  const drawn = drawSlice(HEAD_CT, (x, y) => HOUNSFIELD[tissueAt({ x, y, z })]);
  const blurred = blurSlice(drawn, HEAD_CT.size).map((value) => value + 3 * noise.normal() - RESCALE_INTERCEPT);
  return samplesOf(blurred, 4095);
}

function tissueAt(place: Place): keyof typeof HOUNSFIELD {
  if (depthIn(BLEEDING, place) < 1) return 'blood';
  const tissue = headTissueAt(place);
  const isBrain = tissue === 'white' || tissue === 'gray';
  return isBrain && depthIn(SWELLING, place) < 1 ? 'swelling' : tissue;
}
