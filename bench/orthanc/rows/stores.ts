import type { Images } from '../images/open-images.js';
import type { Stow } from '../load/plan.js';
import type { Sizes } from '../sizes.js';
import type { SmallArchive } from './small-archive.js';
import type { RowTools, Work } from './row.js';

/** Numbers of copies that no fill and no other row has. */
const FROM = { mr: 1_000_000, multipart: 2_000_000, chest: 3_000_000 };
const IN_FLIGHT = 8;
const PARTS = 48;

/** Objects that neither archive has, equal ones for both in one pair. */
export function storeWorks(
  tools: RowTools,
  images: Images,
  small: SmallArchive,
  { stowMr, stowChest, slices }: Sizes,
): Work[] {
  const mr = images.mr.map(({ bytes }) => bytes);
  const chests = new Map<number, Uint8Array[]>();
  /** Of a pair; each X-ray once. */
  const chestsOf = async (pair: number): Promise<Uint8Array[]> => {
    let made = chests.get(pair);
    if (!made) {
      made = [];
      for (let i = 0; i < stowChest; i++) made.push((await images.chest(pair * stowChest + i)).bytes);
      chests.clear();
      chests.set(pair, made);
    }
    return made;
  };
  const work = (name: string, clients: number, stowOf: (pair: number) => Stow | Promise<Stow>): Work => ({
    ...{ group: 'STOW', archives: tools.archives, rows: [{ name, unit: 'MB/s' }] },
    sample: async (archive, pair) => {
      const { stages, cpuSeconds } = await tools.lane.run(archive, {
        steps: [[{ clients, stow: await stowOf(pair) }]],
      });
      const { bytes, objects, seconds, latencies } = stages[0]!;
      return {
        values: [bytes / seconds / 1e6],
        cpuMs: (cpuSeconds / objects) * 1000,
        cores: cpuSeconds / seconds,
        p99Ms: latencies.p99,
      };
    },
  });
  const filled: Work = {
    ...{
      group: 'STOW',
      archives: tools.archives,
      pairs: 1,
      rows: [{ name: 'STOW CT 128², as both were filled', unit: 'objects/s' }],
    },
    sample: async ({ name }) => ({ values: [small.storedCt[name]] }),
  };
  const perRequest = Math.min(PARTS, slices);
  return [
    filled,
    work(`STOW MR, ${IN_FLIGHT} in flight`, IN_FLIGHT, (pair) => ({
      ...{ templates: mr, perRequest: 1, count: stowMr, firstNumber: FROM.mr + pair * stowMr },
    })),
    work(`STOW MR, ${perRequest} parts a request`, 1, (pair) => ({
      ...{ templates: mr, perRequest, count: stowMr, firstNumber: FROM.multipart + pair * stowMr },
    })),
    work(`STOW chest JPEG, ${IN_FLIGHT} in flight`, IN_FLIGHT, async (pair) => ({
      templates: await chestsOf(pair),
      ...{ perRequest: 1, count: stowChest, firstNumber: FROM.chest + pair * stowChest },
    })),
  ];
}
