import type { Catalog } from '../catalog.js';
import type { AnnouncedImage } from '../change.js';

type Keys = Parameters<Catalog['unlock']>[0];

/** Which keys a site of a test was given. */
export interface GivenKeys {
  add(keys: Keys): void;
  /** Whether what was announced can be read with them, if it is encrypted at all. */
  open(image: Partial<Pick<AnnouncedImage, 'siteId' | 'ringId' | 'studyKey'>>): boolean;
}

export function createGivenKeys(): GivenKeys {
  const given = new Set<string>();
  const nameOf = (...parts: unknown[]): string => JSON.stringify(parts);
  return {
    add: ({ siteId, ringId, studyKey }) => void given.add(nameOf(siteId, ringId, studyKey)),
    open: ({ siteId, ringId, studyKey }) =>
      ringId === undefined || [undefined, studyKey].some((each) => given.has(nameOf(siteId, ringId, each))),
  };
}
