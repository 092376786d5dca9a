import type { Catalog } from '../catalog.js';
import type { GivenKeys } from './given-keys.js';
import type { Content } from './random-content.js';

const LOCKED = { kind: 'locked' } as const;

interface ReadSome {
  contents: readonly Content[];
  /** What cannot be read with them is locked. */
  keys: GivenKeys;
  many: number;
  order: number;
  except?: number[];
}

/**
 * Reads some of what waits, in an order that follows from `order`; all, if `many` is infinite. What was read is taken in after `meanwhile`.
 */
export async function readSome(
  catalog: Catalog,
  { contents, keys, many, order, except = [] }: ReadSome,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<void> {
  const rows = await catalog.waiting({ perSite: 1000, except });
  const rank = (id: number): number => ((id % 1_000_003) * ((order % 10_007) | 1)) % 997;
  rows.sort((a, b) => rank(a.id) - rank(b.id) || a.id - b.id);
  const readings = rows.slice(0, many).map((row) => {
    const { first, released } = contents[Number(row.contentKey.split(' ')[1])] as Content;
    const reading = row.isReleased ? released : first;
    return { ...row, reading: keys.open(row) ? reading : LOCKED };
  });
  await meanwhile();
  // Two at a time, as a reader of several sites would.
  for (let at = 0; at < readings.length; at += 2) await catalog.read(readings.slice(at, at + 2));
}
