import { describe, expect, it } from '@jest/globals';
import type { Catalog } from '../catalog.js';
import { foreign, readAll, readingOf } from './late.js';
import type { OpenForSuite } from './open-for-suite.js';
import { announced, bare, block, gathered, restored, retired, sealed, uidOf } from './records.js';

const HOUR = 3600;
const names = ['a', 'b', 'c', 'd', 'e'];
/** A block in the hour `hour` of a made-up clock. */
const at = (number: number, hour: number) => ({ ...block(number), timestamp: 500_000 * HOUR + hour * HOUR + number });
const hourOf = (hour: number) => 500_000 * HOUR + hour * HOUR;

/** What every catalogue does when one site retires many images in one hour; two an hour are taken here. */
export function retirementSuite(openAny: OpenForSuite): void {
  const open = async (options: { name?: string; limit?: number } = {}): Promise<Catalog> =>
    openAny({ ...options, site: { retirementsPerHour: options.limit ?? 2 } });
  const filled = async (catalog: Catalog): Promise<Catalog> => {
    await catalog.apply(
      at(1, 0),
      names.flatMap((of, index) => [announced(foreign(of), 2 * index), sealed(of, 2 * index + 1)]),
    );
    return catalog;
  };
  const states = async (catalog: Catalog) => {
    const found = await Promise.all(names.map((of) => catalog.seenBy('everything').instance(uidOf(of))));
    return found.map((each) => (each?.isRetirementHeld ? 'held' : each?.state)).join(' ');
  };
  const none = { quarantined: 0, conflicts: 0, mixedStudies: 0 };

  describe('retirements', () => {
    it('have effect at once while they are few, and are all held from the first that is too many on', async () => {
      const catalog = await filled(await open());
      await catalog.apply(at(2, 1), [retired('a'), retired('b', 1)]);
      expect(await states(catalog)).toBe('retired retired sealed sealed sealed');
      expect(await catalog.massRetirements()).toEqual([]);
      await catalog.apply(at(3, 1), [retired('c')]);
      expect(await states(catalog)).toBe('held held held sealed sealed');
      expect(await catalog.seenBy('everything').instance(uidOf('a'))).toMatchObject({ retiredReason: 'why a' });
      expect(await catalog.massRetirements()).toEqual([{ siteId: 2, hour: hourOf(1), count: 3, decision: 'held' }]);
      expect(await catalog.faults()).toEqual({ ...none, heldRetirements: 1 });
      await catalog.apply(at(4, 1), [retired('d')]);
      expect(await states(catalog)).toBe('held held held held sealed');
      // Another hour of the clock counts on its own.
      await catalog.apply(at(5, 2), [retired('e')]);
      expect(await states(catalog)).toBe('held held held held retired');
      expect((await catalog.seenBy('everything').counts()).instances).toBe(4);
      await catalog.close();
    });

    it('have effect when an admin says so, and none when one says that', async () => {
      for (const [kind, expected] of [
        ['accepted', 'retired retired retired retired sealed'],
        ['refused', 'sealed sealed sealed sealed sealed'],
      ] as const) {
        const catalog = await filled(await open());
        await catalog.apply(at(2, 1), ['a', 'b', 'c'].map(retiredAt));
        const which = { siteId: 2, hour: hourOf(1) };
        expect(await catalog.decideRetirements({ siteId: 3, hour: hourOf(1) }, { kind, by: 'admin' })).toBe(false);
        expect(await catalog.decideRetirements({ siteId: 2, hour: hourOf(2) }, { kind, by: 'admin' })).toBe(false);
        expect(await catalog.decideRetirements(which, { kind, by: 'admin' })).toBe(true);
        // What comes later in that hour goes the same way.
        await catalog.apply(at(3, 1), [retired('d')]);
        expect(await states(catalog)).toBe(expected);
        expect(await catalog.massRetirements()).toEqual([{ ...which, count: 4, decision: kind }]);
        expect(await catalog.faults()).toEqual({ ...none, heldRetirements: 0 });
        await catalog.close();
      }
    });
    const retiredAt = (of: string, logIndex: number) => retired(of, logIndex);

    it('are said of a catalogue that is rebuilt too', async () => {
      const name = 'retirements';
      const first = await filled(await open({ name }));
      await first.apply(at(2, 1), ['a', 'b', 'c'].map(retiredAt));
      await first.decideRetirements({ siteId: 2, hour: hourOf(1) }, { kind: 'refused', by: 'admin' });
      await first.close();
      const other = await filled(await open({ name, limit: 1 }));
      await other.apply(at(2, 1), ['a', 'b', 'c'].map(retiredAt));
      expect(await states(other)).toBe('sealed sealed sealed sealed sealed');
      await other.close();
    });

    it('by the account of this server are not counted and not held', async () => {
      const catalog = await open();
      await catalog.apply(
        at(1, 0),
        names.map((of, index) => announced({ name: of }, index)),
      );
      await catalog.apply(
        at(2, 1),
        ['a', 'b', 'c'].map((of, index) => retired(of, index, true)),
      );
      expect(await states(catalog)).toBe('retired retired retired announced announced');
      // By another account, a governor's, they are those of any site.
      await catalog.apply(at(3, 1), [retired('d'), retired('e', 1)]);
      expect(await states(catalog)).toBe('retired retired retired retired retired');
      expect(await catalog.massRetirements()).toEqual([]);
      await catalog.close();
    });

    it('count whether or not the images could be read', async () => {
      const catalog = await open();
      await catalog.apply(
        at(1, 0),
        names.map((of, index) => bare(foreign(of), index)),
      );
      await catalog.apply(at(2, 1), ['a', 'b', 'c'].map(retiredAt));
      expect(await catalog.massRetirements()).toMatchObject([{ count: 3 }]);
      await readAll(catalog, ({ imageId }) =>
        readingOf(foreign(names.find((of) => announced(foreign(of)).imageId === imageId) ?? '')),
      );
      expect(await states(catalog)).toBe('held held held announced announced');
      await catalog.close();
    });

    it('are counted anew when the chain goes back', async () => {
      const catalog = await filled(await open());
      await catalog.apply(at(2, 1), [retired('a'), retired('b', 1)]);
      await catalog.apply(at(3, 1), [retired('c')]);
      await catalog.rollback(at(2, 1));
      expect(await states(catalog)).toBe('retired retired sealed sealed sealed');
      expect(await catalog.massRetirements()).toEqual([]);
      await catalog.rollback(at(1, 0));
      expect(await states(catalog)).toBe('sealed sealed sealed sealed sealed');
      await catalog.close();
    });

    it('end when the image is restored, as often as that happens, and a rollback into any of them is right', async () => {
      const catalog = await filled(await open());
      const actions = async () => {
        const changes = (await gathered(catalog.seenBy('everything').changes({}))).flat();
        return changes.filter((each) => each.SOPInstanceUID === uidOf('a')).map(({ action }) => action);
      };
      const expected = ['create'];
      expect(await actions()).toEqual(expected);
      for (const [number, change, state] of LIFE) {
        await catalog.apply(at(number, number), [change]);
        expect(await states(catalog)).toBe(`${state} sealed sealed sealed sealed`);
        expected.push(state === 'retired' ? 'delete' : 'create');
        expect(await actions()).toEqual(expected);
      }
      for (const [number, , state] of [...LIFE].reverse()) {
        await catalog.rollback(at(number, number));
        expect(await states(catalog)).toBe(`${state} sealed sealed sealed sealed`);
      }
      await catalog.rollback(at(1, 0));
      expect(await states(catalog)).toBe('sealed sealed sealed sealed sealed');
      expect(await catalog.seenBy('everything').instance(uidOf('a'))).toMatchObject({
        ...{ retiredAt: undefined, retiredReason: undefined },
      });
      await catalog.close();
    });
    const LIFE = [
      [2, retired('a'), 'retired'],
      [3, restored('a'), 'sealed'],
      [4, retired('a'), 'retired'],
      [5, restored('a'), 'sealed'],
    ] as const;

    it('and restorations of one block come in the order of their events', async () => {
      const catalog = await filled(await open());
      await catalog.apply(at(2, 1), [retired('a'), restored('a', 1), retired('a', 2)]);
      await catalog.apply(at(3, 1), [restored('a'), retired('a', 1), restored('a', 2)]);
      expect(await states(catalog)).toBe('sealed sealed sealed sealed sealed');
      expect(await catalog.massRetirements()).toEqual([]);
      await catalog.rollback(at(2, 1));
      expect(await states(catalog)).toBe('retired sealed sealed sealed sealed');
      // A restoration of what is not retired changes nothing.
      await catalog.apply(at(4, 1), [restored('a'), restored('a', 1), restored('b', 2)]);
      expect(await states(catalog)).toBe('sealed sealed sealed sealed sealed');
      await catalog.rollback(at(1, 0));
      expect(await states(catalog)).toBe('sealed sealed sealed sealed sealed');
      await catalog.close();
    });

    it('count no more once they were undone', async () => {
      const catalog = await filled(await open());
      await catalog.apply(at(2, 1), ['a', 'b', 'c', 'd'].map(retiredAt));
      await catalog.apply(at(3, 1), [restored('a')]);
      expect(await states(catalog)).toBe('sealed held held held sealed');
      await catalog.apply(at(4, 5), [restored('b')]);
      expect(await states(catalog)).toBe('sealed sealed retired retired sealed');
      expect(await catalog.massRetirements()).toEqual([]);
      await catalog.rollback(at(3, 1));
      expect(await states(catalog)).toBe('sealed held held held sealed');
      expect(await catalog.massRetirements()).toMatchObject([{ hour: hourOf(1), count: 3 }]);
      await catalog.rollback(at(2, 1), [{ block: at(3, 1), changes: ['a', 'b', 'c', 'd'].map(restoredAt) }]);
      expect(await states(catalog)).toBe('sealed sealed sealed sealed sealed');
      expect(await catalog.massRetirements()).toEqual([]);
      await catalog.close();
    });
    const restoredAt = (of: string, logIndex: number) => restored(of, logIndex);

    it('by a ruling of the governors have effect at once, also where the image was held, and count for nothing', async () => {
      const catalog = await filled(await open());
      await catalog.apply(at(2, 1), ['a', 'b', 'c'].map(retiredAt));
      expect(await states(catalog)).toBe('held held held sealed sealed');
      await catalog.apply(at(3, 1), [retired('a', 0, false, 1), retired('d', 1, false, 1)]);
      // It is retired by the ruling now, so that its site has retired two.
      expect(await states(catalog)).toBe('retired retired retired retired sealed');
      await catalog.apply(at(4, 1), [retired('e')]);
      expect(await states(catalog)).toBe('retired held held retired held');
      // A second retirement by the site changes nothing.
      await catalog.apply(at(5, 2), [retired('a')]);
      expect(await catalog.massRetirements()).toMatchObject([{ hour: hourOf(1), count: 3 }]);
      await catalog.rollback(at(2, 1));
      expect(await states(catalog)).toBe('held held held sealed sealed');
      await catalog.close();
    });
  });
}
