import type { Elements } from './write-file.js';

/** An instance that the suite has made, and what it must be afterwards. */
export interface MadeInstance {
  study: string;
  series: string;
  instance: string;
  SOPClassUID: string;
  TransferSyntaxUID: string;
  elements: Elements;
  file: Buffer;
  /** Each frame as native pixels in little endian; none where there are no pixels or where they are lossy. */
  frames: readonly Buffer[];
  /** Each frame as it is encoded in the file; none for native ones. */
  codestreams: readonly Buffer[];
}

/** Below the root: `/studies/…/series/…/instances/…`. */
export const pathOf = ({ study, series, instance }: Pick<MadeInstance, 'study' | 'series' | 'instance'>): string =>
  `/studies/${study}/series/${series}/instances/${instance}`;
