import { LedgerError } from '../../base/errors.js';
import { canTranscode } from '../../dicom/transcode/transcode.js';
import type { FoundInstance } from '../archive.js';
import type { Representation } from '../stored-instance.js';

/** Whether an instance and its frames can be had so, as far as the catalogue tells. */
export function canRepresent({ transferSyntaxUID: from, instance }: FoundInstance, as: Representation): boolean {
  const number = (tag: keyof typeof instance): number => Number(instance[tag]?.Value?.[0] ?? 0);
  const to = as === 'stored' ? from : as;
  return canTranscode({ from, to, BitsAllocated: number('00280100'), SamplesPerPixel: number('00280002') });
}

/** Throws `not-acceptable` unless `canRepresent`. */
export function requireRepresentable(instance: FoundInstance, as: Representation): void {
  if (canRepresent(instance, as)) return;
  throw new LedgerError(
    'not-acceptable',
    `The instance is stored in transfer syntax ${instance.transferSyntaxUID} and cannot be converted to ${as}; ask for transfer-syntax=*.`,
  );
}
