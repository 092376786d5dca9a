import type { FoundInstance } from '../../archive/archive.js';

const Rows = '00280010';

/** Of several the middle one of those that have pixels, else of all, in their order. */
export function middlePicture(found: readonly [FoundInstance, ...FoundInstance[]]): FoundInstance {
  const withPixels = found.filter((one) => one.instance[Rows] !== undefined);
  return middleOf(withPixels) ?? middleOf(found) ?? found[0];
}

function middleOf<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(list.length / 2)];
}
