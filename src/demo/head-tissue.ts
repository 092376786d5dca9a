/** What there is in the head that is made: its tissues, as CT and MR show them. */
export const HEAD_TISSUES = [
  'air',
  'fat',
  'muscle',
  'bone',
  'marrow',
  'fluid',
  'gray',
  'white',
  'eye',
  'calcification',
] as const;
export type HeadTissue = (typeof HEAD_TISSUES)[number];

/** Millimetres in the patient's own directions (PS3.3 §C.7.6.2): x to the left, y to the back, z to the top. The origin is in the middle of the head. */
export interface Place {
  x: number;
  y: number;
  z: number;
}

/** An ellipsoid: below 1 inside, 1 at its surface. */
export interface Ellipsoid {
  center: readonly [x: number, y: number, z: number];
  radii: readonly [x: number, y: number, z: number];
}

/** How far out a place is: 0 in the middle of the ellipsoid, 1 at its surface. */
export function depthIn({ center, radii }: Ellipsoid, { x, y, z }: Place): number {
  const [dx, dy, dz] = [(x - center[0]) / radii[0], (y - center[1]) / radii[1], (z - center[2]) / radii[2]];
  // Math.hypot takes many times as long.
  return Math.sqrt(dx * dx + dy * dy + dz * dz);
}

const around = (radii: Ellipsoid['radii']): Ellipsoid => ({ center: [0, 0, 0], radii });
const SKIN = around([76, 97, 99]);
const SKULL_OUTSIDE = around([70, 91, 93]);
const DIPLOE_OUTSIDE = around([68, 89, 91]);
const DIPLOE_INSIDE = around([65.5, 86.5, 88.5]);
const SKULL_INSIDE = around([63.5, 84.5, 86.5]);
const BRAIN = around([61.5, 82, 84]);

const EYE: Ellipsoid = { center: [31, -74, -46], radii: [12.5, 12.5, 12.5] };
const ORBIT: Ellipsoid = { center: [31, -68, -46], radii: [17, 24, 17] };
const SINUS: Ellipsoid = { center: [0, -46, -54], radii: [15, 14, 13] };
const PETROUS: Ellipsoid = { center: [44, 12, -50], radii: [27, 9, 10] };
const CEREBELLUM: Ellipsoid = { center: [0, 43, -46], radii: [54, 37, 27] };
const STEM: Ellipsoid = { center: [0, 16, -46], radii: [15, 13, 36] };
const GANGLIA: Ellipsoid = { center: [21, 0, 2], radii: [10, 19, 13] };
const THIRD_VENTRICLE: Ellipsoid = { center: [0, 4, -4], radii: [2.8, 14, 11] };
const FOURTH_VENTRICLE: Ellipsoid = { center: [0, 31, -40], radii: [8, 5, 10] };
const PINEAL: Ellipsoid = { center: [0, 24, 2], radii: [3, 3, 3] };
/** Of one side; the front ends of the two lie apart. */
const FRONT_HORN: Ellipsoid = { center: [11, -20, 14], radii: [6, 19, 9] };
const BACK_HORN: Ellipsoid = { center: [17, 22, 12], radii: [7, 20, 10] };
const CALLOSUM: Ellipsoid = { center: [0, -2, 22], radii: [16, 38, 7] };

/** The tissue at a place of a head without illness. */
export function headTissueAt(place: Place): HeadTissue {
  const { x, y, z } = place;
  if (depthIn(SKIN, place) > 1) return 'air';
  const mirrored = { x: Math.abs(x), y, z };
  if (depthIn(EYE, mirrored) < 1) return 'eye';
  if (depthIn(ORBIT, mirrored) < 1) return 'fat';
  if (depthIn(SINUS, place) < 1) return depthIn(SINUS, place) < 0.88 ? 'air' : 'bone';
  if (depthIn(SKULL_OUTSIDE, place) > 1) return depthIn(SKIN, place) > 0.975 ? 'muscle' : 'fat';
  if (depthIn(SKULL_INSIDE, place) > 1) {
    const isMarrow = depthIn(DIPLOE_OUTSIDE, place) < 1 && depthIn(DIPLOE_INSIDE, place) > 1;
    return isMarrow ? 'marrow' : 'bone';
  }
  if (depthIn(PETROUS, mirrored) < 1) return 'bone';
  return depthIn(BRAIN, place) > 1 ? 'fluid' : brainTissueAt(place, mirrored);
}

function brainTissueAt(place: Place, mirrored: Place): HeadTissue {
  const { x, y, z } = place;
  if (depthIn(PINEAL, place) < 1) return 'calcification';
  for (const cavity of [FRONT_HORN, BACK_HORN]) {
    // The horns part from each other towards their ends.
    const bent = { ...mirrored, x: mirrored.x - (cavity === FRONT_HORN ? -0.18 : 0.22) * y };
    if (depthIn(cavity, bent) < 1) return 'fluid';
  }
  if (depthIn(THIRD_VENTRICLE, place) < 1 || depthIn(FOURTH_VENTRICLE, place) < 1) return 'fluid';
  if (depthIn(CALLOSUM, place) < 1) return 'white';
  if (depthIn(CEREBELLUM, place) < 1) return cerebellumTissueAt(place);
  if (depthIn(STEM, place) < 1) return 'white';
  if (z < -36 && y > 14) return 'fluid';
  if (depthIn(GANGLIA, mirrored) < 1) return 'gray';
  if (mirrored.x < 1.3 && z > -14) return 'fluid';
  return cortexTissueAt(x, place);
}

/** Leaves, finer than a slice is thick. */
function cerebellumTissueAt(place: Place): HeadTissue {
  const depth = depthIn(CEREBELLUM, place);
  if (depth > 0.97) return 'fluid';
  return depth < 0.45 || (depth < 0.85 && Math.sin(place.y * 0.9 + place.x * 0.15) > 0.35) ? 'white' : 'gray';
}

/** Folds: where a wave over the surface is low, the outside comes in. */
function cortexTissueAt(x: number, place: Place): HeadTissue {
  const depth = depthIn(BRAIN, place);
  const around = Math.atan2(place.y / 82, x / 61.5);
  const wave = Math.sin(13 * around + 2.2 * Math.sin(place.z / 9)) + 0.6 * Math.sin(29 * around + place.z / 5);
  if (depth > 0.86 && wave < -1.12) return 'fluid';
  return depth < 0.84 + 0.05 * wave ? 'white' : 'gray';
}
