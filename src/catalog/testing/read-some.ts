import type { Catalog } from '../catalog.js';
import type { Content } from './random-content.js';

/** Reads some of what waits, in an order that follows from `order`; all, if `many` is infinite. */
export async function readSome(
  catalog: Catalog,
  {
    contents,
    many,
    order,
    except = [],
  }: { contents: readonly Content[]; many: number; order: number; except?: number[] },
): Promise<void> {
  const rows = await catalog.waiting({ perSite: 1000, except });
  const rank = (id: number): number => ((id % 1_000_003) * ((order % 10_007) | 1)) % 997;
  rows.sort((a, b) => rank(a.id) - rank(b.id) || a.id - b.id);
  const readings = rows.slice(0, many).map(({ id, contentKey, isReleased }) => {
    const { first, released } = contents[Number(contentKey.split(' ')[1])] as Content;
    return { id, contentKey, isReleased, reading: isReleased ? released : first };
  });
  // Two at a time, as a reader of several sites would.
  for (let at = 0; at < readings.length; at += 2) await catalog.read(readings.slice(at, at + 2));
}
