import type { FoundInstance } from '../../archive/archive.js';

const BitsAllocated = '00280100';

/** A sentence for whoever asks for frames of a single bit in a form that they are not had in; undefined where there are none. */
export function oneBitReason(found: readonly FoundInstance[]): string | undefined {
  const isOneBit = ({ instance }: FoundInstance): boolean => Number(instance[BitsAllocated]?.Value?.[0]) === 1;
  if (!found.some(isOneBit)) return undefined;
  return 'Frames of 1 bit, as segmentations have them, are not compressed here.';
}
