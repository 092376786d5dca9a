import type { QueryLevel } from '../query.js';
import type { Connection } from './database.js';
import { LEVEL_ORDER } from './level-sources.js';

/** Which level each tag belongs to, learned from what is read: the catalogue needs no dictionary. */
export interface KnownTags {
  /** Outermost first; empty for a tag that nothing has. */
  of(tag: string): readonly QueryLevel[];
  /** `since` is the position of the announcement that has them. */
  learn(level: QueryLevel, tags: string[], since: number): void;
  /** Forgets what was learned in memory: after a transaction that was undone. */
  reload(): void;
}

export function createKnownTags(db: Connection): KnownTags {
  const all = db.prepare('SELECT tag, level, since FROM attribute_level');
  const insert = db.prepare(`
    INSERT INTO attribute_level (tag, level, since) VALUES (?, ?, ?)
    ON CONFLICT (tag, level) DO UPDATE SET since = excluded.since`);
  let levels = new Map<string, Partial<Record<QueryLevel, number>>>();
  const add = (tag: string, level: QueryLevel, since: number) =>
    levels.set(tag, { ...levels.get(tag), [level]: since });
  const reload = () => {
    levels = new Map();
    for (const { tag, level, since } of all.all() as { tag: string; level: QueryLevel; since: number }[])
      add(tag, level, since);
  };
  reload();
  return {
    of: (tag) => {
      const known = levels.get(tag);
      return known === undefined ? [] : LEVEL_ORDER.filter((level) => known[level] !== undefined);
    },
    learn: (level, tags, since) => {
      for (const tag of tags) {
        if ((levels.get(tag)?.[level] ?? Infinity) <= since) continue;
        insert.run(tag, level, since);
        add(tag, level, since);
      }
    },
    reload,
  };
}
