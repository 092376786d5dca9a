import { setImmediate as breathe } from 'node:timers/promises';
import type { AuditVerification } from './audit.js';
import type { AuditDatabase } from './audit-database.js';
import type { AuditChain } from './anchors.js';
import { partsOf, type AuditPart } from './audit-parts.js';
import type { AuditHead } from './audit-writer.js';
import { merkleRoot } from './merkle-root.js';
import { NO_ROW, rowHash } from './row-hash.js';
import { subjectRef, type SubjectRow } from './subjects.js';

interface StoredRow {
  position: number;
  hash: Buffer;
  body: string;
}

/** So many rows are read at a time; the server answers others in between. */
const PAGE_ROWS = 1_000;
const MAX_PROBLEMS = 50;
/** So many rows in a row may be lost, and those after them renumbered, for it to be told from an alteration. */
const MAX_LOST = 100;

export interface VerifyAuditDependencies {
  db: AuditDatabase;
  /** Undefined: the anchors are not compared, which is a problem in itself. */
  chain: Pick<AuditChain, 'findAnchor'> | undefined;
}

/**
 * Recomputes the hash of every row and the root of every part, and compares the roots with the anchors on the chain. `head` is the
 * last row as whoever writes them knows it; without it, rows lost after the last part cannot be missed.
 */
export async function verifyAudit(
  { db, chain }: VerifyAuditDependencies,
  { head }: { head?: AuditHead } = {},
): Promise<AuditVerification> {
  const problems: string[] = [];
  let more = 0;
  const report = (sentence: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push(sentence);
    else more++;
  };
  const last = head?.position ?? Number.MAX_SAFE_INTEGER;
  const parts = partsOf(db);
  const { rows, before, roots } = await checkRows(db, { parts, last, report });
  if (head !== undefined && (before.position !== head.position || !before.hash.equals(head.hash)))
    report(
      before.position < head.position
        ? `Rows ${before.position + 1} to ${head.position} are lost.`
        : `Row ${head.position} is not the one that this server wrote last.`,
    );
  const end = parts.at(-1)?.last ?? 0;
  if (head === undefined && before.position < end) report(`Rows ${before.position + 1} to ${end} are lost.`);
  for (const part of parts) await checkPart({ part, root: roots.get(part.last), chain, report });
  for (const row of db.prepare('SELECT * FROM subject').all() as SubjectRow[])
    if (subjectRef(Buffer.from(row.salt), row) !== row.ref)
      report(`The subject ${row.ref} is not the one that the events are about.`);
  if (more > 0) problems.push(`There are ${more} more problems.`);
  const anchored = parts.filter(({ block }) => block !== null).at(-1)?.last ?? 0;
  return { rows, anchored: parts.length, notAnchored: Math.max(0, before.position - anchored), problems };
}

async function checkRows(
  db: AuditDatabase,
  { parts, last, report }: { parts: readonly AuditPart[]; last: number; report: (sentence: string) => void },
): Promise<{ rows: number; before: AuditHead; roots: Map<number, Buffer> }> {
  const read = db.prepare(
    'SELECT position, hash, body FROM event WHERE position > ? AND position <= ? ORDER BY position LIMIT ?',
  );
  const page = (after: number): StoredRow[] =>
    (read.all(after, last, PAGE_ROWS) as (Omit<StoredRow, 'hash'> & { hash: ArrayBuffer })[]).map((row) => ({
      ...row,
      hash: Buffer.from(row.hash),
    }));
  const removed = parts.filter(({ isRemoved }) => isRemoved).at(-1);
  let before: AuditHead =
    removed === undefined ? { position: 0, hash: NO_ROW } : { position: removed.last, hash: removed.hash };
  const roots = new Map<number, Buffer>();
  const open = parts.filter(({ isRemoved }) => !isRemoved);
  let tree = merkleRoot();
  let rows = 0;
  /** Of the row before the last. */
  let earlier = before.hash;
  /** By how much rows were renumbered: what one says of its place, less what it was hashed with. */
  let shift = 0;
  const waiting = page(before.position);
  while (waiting.length > 0) {
    const [row, next] = waiting as [StoredRow, StoredRow | undefined];
    if (next === undefined) {
      const following = page(row.position);
      if (following.length > 0) {
        waiting.push(...following);
        await breathe();
        continue;
      }
    }
    waiting.shift();
    rows++;
    let isForeign = false;
    if (row.position > before.position + 1)
      report(
        before.position + 2 === row.position
          ? `Row ${before.position + 1} is lost.`
          : `Rows ${before.position + 1} to ${row.position - 1} are lost.`,
      );
    else if (!follows(before.hash, row, shift)) {
      const found = explain({ earlier, before: before.hash }, { row, next, shift });
      report(found.sentence);
      shift = found.shift;
      isForeign = found.isForeign;
    }
    if (!isForeign) tree.add(row.hash);
    earlier = before.hash;
    before = { position: row.position, hash: isForeign ? before.hash : row.hash };
    if (row.position === open[0]?.last) {
      roots.set(row.position, tree.root());
      tree = merkleRoot();
      open.shift();
    }
  }
  return { rows, before, roots };
}

function follows(before: Uint8Array, { position, hash, body }: StoredRow, shift: number): boolean {
  return rowHash(before, { position: position - shift, body }).equals(hash);
}

/** What must have been done to a row that does not follow the one before it, as the one after it tells. */
function explain(
  { earlier, before }: { earlier: Buffer; before: Buffer },
  { row, next, shift }: { row: StoredRow; next: StoredRow | undefined; shift: number },
): { sentence: string; shift: number; isForeign: boolean } {
  const { position } = row;
  if (follows(earlier, row, shift + 1))
    return { sentence: `Row ${position - 1} was inserted.`, shift: shift + 1, isForeign: false };
  const altered = { sentence: `Row ${position} was altered.`, shift, isForeign: false };
  if (next === undefined || follows(row.hash, next, shift)) return altered;
  if (follows(before, next, shift + 1))
    return { sentence: `Row ${position} was inserted.`, shift: shift + 1, isForeign: true };
  for (let lost = 1; lost <= MAX_LOST; lost++)
    if (follows(row.hash, next, shift - lost))
      return {
        sentence: `${lost === 1 ? 'A row is' : `${lost} rows are`} lost before row ${position}.`,
        shift: shift - lost,
        isForeign: false,
      };
  return altered;
}

async function checkPart({
  part,
  root,
  chain,
  report,
}: {
  part: AuditPart;
  root: Buffer | undefined;
  chain: Pick<AuditChain, 'findAnchor'> | undefined;
  report: (sentence: string) => void;
}): Promise<void> {
  const name = `Rows ${part.first} to ${part.last}`;
  if (!part.isRemoved && root !== undefined && !root.equals(part.root))
    report(`${name} do not have the root that was computed when they were written.`);
  if (part.transactionHash === null) return;
  if (chain === undefined) return report(`${name} were not compared with their anchor: the chain was not asked.`);
  const anchor = await chain.findAnchor(part.transactionHash);
  if (anchor === undefined) {
    if (part.block !== null)
      report(`${name} have no anchor on the chain: it has no transaction ${part.transactionHash}.`);
  } else if (!anchor.root.equals(root ?? part.root) || anchor.count !== part.last)
    report(`${name} are not those that were anchored by transaction ${part.transactionHash}.`);
}
