import type { FoundInstance } from '../../archive/archive.js';

const Rows = '00280010';

/**
 * Of several the middle one of those that have pixels, else of all, in their order. What other sites have added to the study of the
 * first stands for it in no case.
 */
export function middlePicture(found: readonly [FoundInstance, ...FoundInstance[]]): FoundInstance {
  if (found.length === 1) return found[0];
  const own = found.filter(({ siteId }) => siteId === found[0].siteId);
  const withPixels = own.filter((one) => one.instance[Rows] !== undefined);
  return middleOf(withPixels) ?? middleOf(own) ?? found[0];
}

function middleOf<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(list.length / 2)];
}
