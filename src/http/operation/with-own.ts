import type { Archive } from '../../archive/archive.js';

/** The archive with functions of one's own in place of some of its, whoever sees it. */
export function withOwn(archive: Archive, ownOf: (target: Archive) => Partial<Archive>): Archive {
  const own: Partial<Archive> = {
    seenBy: (...by) => withOwn(archive.seenBy(...by), ownOf),
    ...ownOf(archive),
  };
  return new Proxy(archive, {
    get(target, name) {
      const replaced: unknown = Reflect.get(own, name);
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
