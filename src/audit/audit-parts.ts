import type { AuditAnchor } from './audit.js';
import type { AuditDatabase } from './audit-database.js';

/** Rows that are anchored together. */
export interface AuditPart {
  first: number;
  last: number;
  /** Of the last row. */
  hash: Buffer;
  /** RFC 6962's, over the hashes of the rows. */
  root: Buffer;
  /** Milliseconds since 1970: when it was closed, and when its transaction was made last. */
  closedAt: number;
  sentAt: number | null;
  transactionHash: string | null;
  /** That has the transaction; null as long as none has. */
  block: number | null;
  /** The rows were old enough to be removed. */
  isRemoved: boolean;
}

interface PartRow {
  first: number;
  last: number;
  hash: ArrayBuffer;
  root: ArrayBuffer;
  closed_at: number;
  sent_at: number | null;
  transaction_hash: string | null;
  block: number | null;
  is_removed: number;
}

/** All parts, the oldest first. */
export function partsOf(db: AuditDatabase): AuditPart[] {
  return (db.prepare('SELECT * FROM part ORDER BY last').all() as PartRow[]).map((row) => ({
    first: row.first,
    last: row.last,
    hash: Buffer.from(row.hash),
    root: Buffer.from(row.root),
    closedAt: row.closed_at,
    sentAt: row.sent_at,
    transactionHash: row.transaction_hash,
    block: row.block,
    isRemoved: row.is_removed === 1,
  }));
}

/** The newest part that a block has; undefined without any. */
export function lastAnchorOf(db: AuditDatabase): AuditAnchor | undefined {
  return db
    .prepare(
      'SELECT last AS rows, closed_at AS closedAt, block FROM part WHERE block IS NOT NULL ORDER BY last DESC LIMIT 1',
    )
    .get() as AuditAnchor | undefined;
}
