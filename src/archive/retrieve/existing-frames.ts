import { LedgerError } from '../../base/errors.js';
import type { FrameList } from '../stored-instance.js';

/** Which frames of a list there are, counted from 1. Throws `not-found` when there is none of them (PS3.18 §10.4.1.1.6). */
export function existingFrames(
  wanted: readonly number[],
  { SOPInstanceUID, frameCount }: { SOPInstanceUID: string; frameCount: number },
): FrameList {
  const exists = (number: number): boolean => number >= 1 && number <= frameCount;
  const numbers = wanted.filter(exists);
  if (numbers.length === 0)
    throw new LedgerError(
      'not-found',
      `Frame ${wanted[0]} does not exist: ${SOPInstanceUID} has ${frameCount} frames, counted from 1.`,
    );
  return { numbers, missing: wanted.filter((number) => !exists(number)) };
}
