import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'libsql';
import { batchWrites, type WriteBatch } from './batch-writes.js';
import { type KeysBed, keysBed } from './testing/keys-bed.js';

const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

let bed: KeysBed;
let db: Database.Database;
let batch: WriteBatch;
beforeEach(() => {
  bed = keysBed();
  db = new Database(path.join(bed.folder, 'db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE row (number INTEGER PRIMARY KEY)');
  batch = batchWrites(db);
});
afterEach(() => {
  db.close();
  bed.remove();
});

const add = (number: number) => batch.write(() => void db.prepare('INSERT INTO row VALUES (?)').run(number));
const rows = (): number => (db.prepare('SELECT count(*) AS n FROM row').get() as { n: number }).n;

/** Transactions in the write-ahead log: frames that say how large the database is then (SQLite file format §4.1). */
function commits(): number {
  const wal = readFileSync(path.join(bed.folder, 'db-wal'));
  const frameBytes = FRAME_HEADER_BYTES + wal.readUInt32BE(8);
  let count = 0;
  for (let at = WAL_HEADER_BYTES; at < wal.length; at += frameBytes) if (wal.readUInt32BE(at + 4) > 0) count++;
  return count;
}

describe('batchWrites', () => {
  it('writes up to a thousand works in one transaction, and the next in another', async () => {
    const before = commits();
    await Promise.all(Array.from({ length: 1000 }, (_, number) => add(number)));
    expect(commits()).toBe(before + 1);
    await Promise.all(Array.from({ length: 1001 }, (_, number) => add(1000 + number)));
    expect(commits()).toBe(before + 3);
    expect(rows()).toBe(2001);
  });

  it('gives each what its work gives, once it is written', async () => {
    const given = await Promise.all([1, 2, 3].map((number) => batch.write(() => (db.exec(`INSERT INTO row VALUES (${number})`), number)))); // prettier-ignore
    expect(given).toEqual([1, 2, 3]);
    expect(rows()).toBe(3);
  });

  it('writes nothing of a transaction in which one fails, tells all of them, and goes on', async () => {
    const results = await Promise.allSettled([add(1), add(1), add(2)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(rows()).toBe(0);
    await add(1);
    expect(rows()).toBe(1);
  });

  it('waits at the end for all that was asked for', async () => {
    const asked = Promise.all(Array.from({ length: 2500 }, (_, number) => add(number)));
    await batch.ended();
    expect(rows()).toBe(2500);
    await asked;
  });
});
