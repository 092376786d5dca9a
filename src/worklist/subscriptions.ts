import { LedgerError } from '../base/errors.js';
import { matchesWorkitem, type WorkitemKey } from './matches-workitem.js';
import type { Workitem } from './workitem.js';
import type { WorklistDatabase } from './worklist-database.js';

/** On whose behalf something is asked of the worklist. */
export interface WorklistCaller {
  /** Issuer and subject of a principal. */
  owner: string;
  /** Whether that one sees everything; else what it has made itself, and nothing more. */
  seesAll: boolean;
}

/** Who is told of which workitems (PS3.4 §CC.2.3). */
export interface Subscriptions {
  /** Makes an AE title the caller's, if it is nobody's yet. Throws `forbidden` for that of another. */
  claim(aeTitle: string, caller: WorklistCaller): void;
  /** Whether it is subscribed by this caller. */
  isOf(aeTitle: string, caller: WorklistCaller): boolean;
  subscribe(aeTitle: string, SOPInstanceUID: string, isLocked: boolean): void;
  /** Subscribes to what is there of `workitems`, and to what is made later; with a filter to what that matches. */
  subscribeAll(
    aeTitle: string,
    options: { isLocked: boolean; filter: readonly WorkitemKey[] | undefined; workitems: Iterable<Workitem> },
  ): void;
  unsubscribe(aeTitle: string, SOPInstanceUID: string): void;
  /** Ends all subscriptions of an AE. */
  unsubscribeAll(aeTitle: string): void;
  /** Ends those to what is made later alone. */
  suspend(aeTitle: string): void;
  /** A workitem is new: those who are subscribed to all are subscribed to it. */
  added(workitem: Workitem): void;
  subscribersOf(SOPInstanceUID: string): string[];
}

const MOST_SUBSCRIBERS = 1_000;

interface SubscriberRow {
  ae_title: string;
  owner: string;
  sees_all: number;
  global_lock: number | null;
  filter: string | null;
}

/** Whether somebody is told of a workitem at all. */
export const seesWorkitem = ({ owner, seesAll }: WorklistCaller, { maker }: Pick<Workitem, 'maker'>): boolean =>
  seesAll || owner === maker;

export function prepareSubscriptions(db: WorklistDatabase): Subscriptions {
  const find = db.prepare('SELECT * FROM subscriber WHERE ae_title = ?');
  const count = db.prepare('SELECT count(*) AS count FROM subscriber');
  const claim = db.prepare(`
    INSERT INTO subscriber (ae_title, owner, sees_all) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET sees_all = excluded.sees_all`);
  const dropIdle = db.prepare(`
    DELETE FROM subscriber WHERE ae_title = ?1 AND global_lock IS NULL
      AND NOT EXISTS (SELECT 1 FROM subscription WHERE ae_title = ?1)`);
  const add = db.prepare('INSERT OR REPLACE INTO subscription (SOPInstanceUID, ae_title, is_locked) VALUES (?, ?, ?)');
  const addIfNone = db.prepare(
    'INSERT OR IGNORE INTO subscription (SOPInstanceUID, ae_title, is_locked) VALUES (?, ?, ?)',
  );
  const remove = db.prepare('DELETE FROM subscription WHERE ae_title = ? AND SOPInstanceUID = ?');
  const removeAll = db.prepare('DELETE FROM subscription WHERE ae_title = ?');
  const setGlobal = db.prepare('UPDATE subscriber SET global_lock = ?, filter = ? WHERE ae_title = ?');
  const globals = db.prepare('SELECT * FROM subscriber WHERE global_lock IS NOT NULL');
  const subscribers = db.prepare('SELECT ae_title FROM subscription WHERE SOPInstanceUID = ? ORDER BY ae_title');

  const ofFilter = (filter: readonly WorkitemKey[] | undefined, workitem: Workitem): boolean =>
    filter === undefined || matchesWorkitem(workitem.dataSet, filter);

  return {
    claim: (aeTitle, { owner, seesAll }) => {
      const known = find.get(aeTitle) as SubscriberRow | undefined;
      if (known !== undefined && known.owner !== owner)
        throw new LedgerError('forbidden', `The AE title ${aeTitle} is subscribed by another; take another one.`);
      if (known === undefined && (count.get() as { count: number }).count >= MOST_SUBSCRIBERS)
        throw new LedgerError('out-of-space', `${MOST_SUBSCRIBERS} AE titles are subscribed; unsubscribe one.`);
      claim.run(aeTitle, owner, seesAll ? 1 : 0);
    },
    isOf: (aeTitle, { owner }) => (find.get(aeTitle) as SubscriberRow | undefined)?.owner === owner,
    subscribe: (aeTitle, SOPInstanceUID, isLocked) => void add.run(SOPInstanceUID, aeTitle, isLocked ? 1 : 0),
    subscribeAll: (aeTitle, { isLocked, filter, workitems }) => {
      setGlobal.run(isLocked ? 1 : 0, filter === undefined ? null : JSON.stringify(filter), aeTitle);
      for (const workitem of workitems)
        if (ofFilter(filter, workitem)) addIfNone.run(workitem.SOPInstanceUID, aeTitle, isLocked ? 1 : 0);
    },
    unsubscribe: (aeTitle, SOPInstanceUID) => {
      remove.run(aeTitle, SOPInstanceUID);
      dropIdle.run(aeTitle);
    },
    unsubscribeAll: (aeTitle) => {
      removeAll.run(aeTitle);
      setGlobal.run(null, null, aeTitle);
      dropIdle.run(aeTitle);
    },
    suspend: (aeTitle) => {
      setGlobal.run(null, null, aeTitle);
      dropIdle.run(aeTitle);
    },
    added: (workitem) => {
      for (const row of globals.all() as SubscriberRow[]) {
        const filter = row.filter === null ? undefined : (JSON.parse(row.filter) as WorkitemKey[]);
        const isSeen = seesWorkitem({ owner: row.owner, seesAll: row.sees_all === 1 }, workitem);
        if (isSeen && ofFilter(filter, workitem)) addIfNone.run(workitem.SOPInstanceUID, row.ae_title, row.global_lock);
      }
    },
    subscribersOf: (SOPInstanceUID) =>
      (subscribers.all(SOPInstanceUID) as { ae_title: string }[]).map(({ ae_title: aeTitle }) => aeTitle),
  };
}
