import { LedgerError } from '../base/errors.js';
import { dicomJsonText, type DicomJson } from '../standard/dicom-json.js';
import { textOf, WORKITEM_TAGS, type ProcedureStepState, type Workitem } from './workitem.js';
import type { WorklistDatabase } from './worklist-database.js';

/** The rows of workitems. */
export interface WorkitemStore {
  find(SOPInstanceUID: string): Workitem | undefined;
  /** Who had made one that is deleted. */
  makerOfGone(SOPInstanceUID: string): string | undefined;
  /** Writes one down anew, or in place of the one of its UID. Throws `out-of-space` for a new one when there are too many. */
  write(workitem: Workitem, options: { isNew: boolean }): void;
  /** Some workitems by their start and UID, after the one before. */
  page(after: { starts: string; SOPInstanceUID: string } | undefined, limit: number): Workitem[];
}

/** A workitem that is done is kept so long, and longer while somebody has a deletion lock on it. */
const KEPT_MS = 30 * 86_400_000;
/** So long a deleted one is known to have been there. */
const GONE_MS = 365 * 86_400_000;

/** A workitem refers to images, and has none in it. */
const MOST_CHARACTERS = 524_288;

interface Row {
  SOPInstanceUID: string;
  state: ProcedureStepState;
  transaction_uid: string | null;
  maker: string;
  data_set: string;
  starts: string;
}

export function prepareWorkitemStore(db: WorklistDatabase, { most }: { most: number }): WorkitemStore {
  const find = db.prepare('SELECT * FROM workitem WHERE SOPInstanceUID = ?');
  const gone = db.prepare('SELECT maker FROM gone WHERE SOPInstanceUID = ?');
  const count = db.prepare('SELECT count(*) AS count FROM workitem');
  const write = db.prepare(`
    INSERT OR REPLACE INTO workitem (SOPInstanceUID, state, transaction_uid, maker, data_set, starts, changed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const unlocked = `
    FROM workitem w WHERE w.state IN ('COMPLETED', 'CANCELED') AND w.changed_at < ? AND NOT EXISTS (
      SELECT 1 FROM subscription s WHERE s.SOPInstanceUID = w.SOPInstanceUID AND s.is_locked = 1)`;
  const outdated = db.prepare(`SELECT w.SOPInstanceUID, w.maker ${unlocked} ORDER BY w.changed_at LIMIT ?`);
  const remove = db.prepare('DELETE FROM workitem WHERE SOPInstanceUID = ?');
  const removeSubscriptions = db.prepare('DELETE FROM subscription WHERE SOPInstanceUID = ?');
  const remember = db.prepare('INSERT OR REPLACE INTO gone (SOPInstanceUID, maker, at) VALUES (?, ?, ?)');
  const forget = db.prepare('DELETE FROM gone WHERE at < ?');
  const first = db.prepare('SELECT * FROM workitem ORDER BY starts, SOPInstanceUID LIMIT ?');
  const next = db.prepare(`
    SELECT * FROM workitem WHERE (starts, SOPInstanceUID) > (?, ?) ORDER BY starts, SOPInstanceUID LIMIT ?`);

  const removeDone = (before: number, limit: number): void => {
    for (const row of outdated.all(before, limit) as Pick<Row, 'SOPInstanceUID' | 'maker'>[]) {
      remove.run(row.SOPInstanceUID);
      removeSubscriptions.run(row.SOPInstanceUID);
      remember.run(row.SOPInstanceUID, row.maker, Date.now());
    }
  };
  const isFull = (): boolean => (count.get() as { count: number }).count >= most;

  return {
    find: (SOPInstanceUID) => toWorkitem(find.get(SOPInstanceUID) as Row | undefined),
    makerOfGone: (SOPInstanceUID) => (gone.get(SOPInstanceUID) as { maker: string } | undefined)?.maker,
    write: ({ SOPInstanceUID, state, transactionUID, maker, dataSet }, { isNew }) => {
      const now = Date.now();
      if (isNew) {
        removeDone(now - KEPT_MS, 100);
        forget.run(now - GONE_MS);
        if (isFull()) removeDone(now + 1, 1);
        if (isFull())
          throw new LedgerError(
            'out-of-space',
            `There are ${most} workitems, and none of them is done and free of locks; complete or cancel some.`,
            { retryable: true },
          );
      }
      const starts = textOf(dataSet, WORKITEM_TAGS.ScheduledProcedureStepStartDateTime) ?? '';
      const text = dicomJsonText(dataSet);
      if (text.length > MOST_CHARACTERS)
        throw new LedgerError(
          'too-large',
          `The workitem would have ${text.length} characters of JSON; it can have ${MOST_CHARACTERS}.`,
        );
      write.run(SOPInstanceUID, state, transactionUID ?? null, maker, text, starts, now);
    },
    page: (after, limit) =>
      (after === undefined
        ? (first.all(limit) as Row[])
        : (next.all(after.starts, after.SOPInstanceUID, limit) as Row[])
      ).flatMap((row) => toWorkitem(row) ?? []),
  };
}

function toWorkitem(row: Row | undefined): Workitem | undefined {
  if (row === undefined) return undefined;
  return {
    SOPInstanceUID: row.SOPInstanceUID,
    state: row.state,
    dataSet: JSON.parse(row.data_set) as DicomJson,
    transactionUID: row.transaction_uid ?? undefined,
    maker: row.maker,
  };
}
