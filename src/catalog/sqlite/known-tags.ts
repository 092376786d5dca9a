import type { QueryLevel } from '../catalog.js';
import type { Connection } from './database.js';
import { LEVEL_ORDER } from './level-sources.js';

/** Which level each tag belongs to, learned from the announcements: the catalogue needs no dictionary. */
export interface KnownTags {
  /** Outermost first; empty for a tag that nothing has. */
  of(tag: string): readonly QueryLevel[];
  learn(level: QueryLevel, tags: string[], since: number): void;
  /** Forgets what was learned in memory: after a transaction that was undone. */
  reload(): void;
}

export function createKnownTags(db: Connection): KnownTags {
  const all = db.prepare('SELECT tag, level FROM attribute_level');
  const insert = db.prepare('INSERT INTO attribute_level (tag, level, since) VALUES (?, ?, ?)');
  let levels = new Map<string, QueryLevel[]>();
  const add = (tag: string, level: QueryLevel) => {
    const known = [...(levels.get(tag) ?? []), level];
    levels.set(
      tag,
      LEVEL_ORDER.filter((each) => known.includes(each)),
    );
  };
  const reload = () => {
    levels = new Map();
    for (const { tag, level } of all.all() as { tag: string; level: QueryLevel }[]) add(tag, level);
  };
  reload();
  return {
    of: (tag) => levels.get(tag) ?? [],
    learn: (level, tags, since) => {
      for (const tag of tags) {
        if (levels.get(tag)?.includes(level)) continue;
        insert.run(tag, level, since);
        add(tag, level);
      }
    },
    reload,
  };
}
