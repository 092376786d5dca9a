import { traitsOf } from '../../standard/transfer-syntaxes.js';

/** How elements are written (PS3.5 §7.1, §7.3). */
export interface Encoding {
  explicit: boolean;
  bigEndian: boolean;
}

export const implicitLittleEndian: Encoding = { explicit: false, bigEndian: false };
export const explicitLittleEndian: Encoding = { explicit: true, bigEndian: false };
export const explicitBigEndian: Encoding = { explicit: true, bigEndian: true };

/** Value representations whose length has 32 bits in explicit encodings (PS3.5 §7.1.2). */
const LONG_VRS = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const SHORT_VRS = new Set(
  ['AE', 'AS', 'AT', 'CS', 'DA', 'DS', 'DT', 'FD', 'FL', 'IS', 'LO', 'LT', 'PN'].concat([
    'SH',
    'SL',
    'SS',
    'ST',
    'TM',
    'UI',
    'UL',
    'US',
  ]),
);

export function hasLongLength(vr: string): boolean {
  return LONG_VRS.has(vr);
}

export function isKnownVr(vr: string): boolean {
  return LONG_VRS.has(vr) || SHORT_VRS.has(vr);
}

const TEXT_VRS = new Set([
  'AE',
  'AS',
  'CS',
  'DA',
  'DS',
  'DT',
  'IS',
  'LO',
  'LT',
  'PN',
  'SH',
  'ST',
  'TM',
  'UC',
  'UI',
  'UR',
  'UT',
]);

/** Values are text, all of it or in values between backslashes. */
export function isTextVr(vr: string): boolean {
  return TEXT_VRS.has(vr);
}

/** Bytes of one number in values of this VR, which are swapped between byte orders; 1 for text and bytes. */
export function unitBytes(vr: string): 1 | 2 | 4 | 8 {
  if (['AT', 'OW', 'SS', 'US'].includes(vr)) return 2;
  if (['FL', 'OF', 'OL', 'SL', 'UL'].includes(vr)) return 4;
  if (['FD', 'OD', 'OV', 'SV', 'UV'].includes(vr)) return 8;
  return 1;
}

/**
 * The encoding of a data set by its transfer syntax and first 6 bytes. Some files declare explicit VR and are written
 * in implicit VR, or the other way round: a first element that fits only one of them decides.
 */
export function encodingOf(transferSyntaxUID: string, start: Buffer): Encoding {
  const vr = start.length >= 6 ? start.toString('latin1', 4, 6) : '';
  const { explicitVR, bigEndian } = traitsOf(transferSyntaxUID);
  if (bigEndian) return explicitBigEndian;
  if (!explicitVR) return isKnownVr(vr) ? explicitLittleEndian : implicitLittleEndian;
  return vr === '' || /^[A-Z]{2}$/.test(vr) ? explicitLittleEndian : implicitLittleEndian;
}

/** A copy in the other byte order. Bytes left over at the end, fewer than a unit, stay as they are. */
export function swapped(bytes: Buffer, unit: 1 | 2 | 4 | 8): Buffer {
  const copy = Buffer.from(bytes);
  const whole = copy.subarray(0, copy.length - (copy.length % unit));
  if (unit === 2) whole.swap16();
  else if (unit === 4) whole.swap32();
  else if (unit === 8) whole.swap64();
  return copy;
}
