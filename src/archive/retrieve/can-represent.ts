import { LedgerError } from '../../base/errors.js';
import { isEncapsulated, TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';
import { dataSetOf, textOf, wordOf } from '../../dicom/data-set/data-set.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import { canTranscode } from '../../dicom/transcode/transcode.js';
import type { FoundInstance } from '../archive.js';
import type { Representation } from '../stored-instance.js';

/** Whether an instance and its frames can be had so, as far as the catalogue tells. */
export function canRepresent({ transferSyntaxUID: from, instance }: FoundInstance, as: Representation): boolean {
  const number = (tag: keyof typeof instance): number => Number(instance[tag]?.Value?.[0] ?? 0);
  const to = as === 'stored' ? from : as;
  return canTranscode({ from, to, BitsAllocated: number('00280100'), SamplesPerPixel: number('00280002') });
}

/**
 * Whether its frames can be had so. Metadata describe them, which say what is stored: colour differences that pixels share
 * are uncompressed or in JPEG Baseline, and planes are uncompressed or in RLE (PS3.5 §8.2). Of any other codestream readers
 * differ in what they take its samples for; JPEG Baseline says itself what it has.
 */
export function canRepresentFrames(instance: FoundInstance, header: InstanceHeader, as: Representation): boolean {
  if (!canRepresent(instance, as)) return false;
  const isStored = as === 'stored' || as === instance.transferSyntaxUID;
  if (isStored || !isEncapsulated(as) || as === TRANSFER_SYNTAXES.JPEGBaseline8Bit.uid) return true;
  const dataSet = dataSetOf(header);
  if (/_42[02]$/.test(textOf(dataSet, 0x00280004))) return false;
  const isByPlane = (wordOf(dataSet, 0x00280002) ?? 1) > 1 && wordOf(dataSet, 0x00280006) === 1;
  return !isByPlane || as === TRANSFER_SYNTAXES.RLELossless.uid;
}

/** Throws `not-acceptable` unless `canRepresentFrames`. */
export function requireRepresentableFrames(instance: FoundInstance, header: InstanceHeader, as: Representation): void {
  requireRepresentable(instance, as);
  if (canRepresentFrames(instance, header, as)) return;
  throw new LedgerError(
    'not-acceptable',
    `The metadata describe colours that transfer syntax ${as} does not have; ask for transfer-syntax=*, or for the whole instance.`,
  );
}

/** Throws `not-acceptable` unless `canRepresent`. */
export function requireRepresentable(instance: FoundInstance, as: Representation): void {
  if (canRepresent(instance, as)) return;
  throw new LedgerError(
    'not-acceptable',
    `The instance is stored in transfer syntax ${instance.transferSyntaxUID} and cannot be converted to ${as}; ask for transfer-syntax=*.`,
  );
}
