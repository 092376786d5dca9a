import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, withFolderSync } from '../../base/write-durably.js';

const NONCE_DIGITS = 12;

/** Signed transactions on disk from before they are first sent until they are in a block for good. */
export interface Outbox {
  /** Nonces that were on disk at the start, ascending. */
  readonly found: readonly number[];
  /** Takes them by ascending nonce; returns when all are on disk, fsynced with their names. Call again only after it has returned. */
  put(transactions: readonly { nonce: number; raw: Buffer }[]): Promise<void>;
  read(nonce: number): Promise<Buffer>;
  remove(nonce: number): Promise<void>;
}

/** Opens one account's outbox on one chain: a file a transaction, named by its nonce. */
export async function openOutbox(folder: string): Promise<Outbox> {
  await mkdir(folder, { recursive: true });
  await syncFolder(path.dirname(folder));
  const names = await readdir(folder);
  // A file gets its name only when its bytes are on disk, so that a name never stands for half a transaction.
  await Promise.all(names.filter((name) => name.endsWith('.part')).map((name) => rm(path.join(folder, name))));
  const found = names.filter((name) => /^\d+\.raw$/.test(name)).map((name) => Number.parseInt(name, 10));

  const fileOf = (nonce: number): string => path.join(folder, `${String(nonce).padStart(NONCE_DIGITS, '0')}.raw`);

  async function write({ nonce, raw }: { nonce: number; raw: Buffer }): Promise<void> {
    const file = await open(`${fileOf(nonce)}.part`, 'w', 0o600);
    try {
      await file.writeFile(raw);
      await file.datasync();
    } finally {
      // What is on the disk waits for no closing.
      file.close().catch(() => undefined);
    }
  }

  return {
    found: found.sort((a, b) => a - b),
    put: (transactions) =>
      withFolderSync(folder, async (sync) => {
        await Promise.all(transactions.map(write));
        const name = ({ nonce }: { nonce: number }): Promise<void> => rename(`${fileOf(nonce)}.part`, fileOf(nonce));
        // A kill may leave a gap behind the first: what lies beyond it was never sent, and the next start forgets it.
        const [first, ...others] = transactions;
        if (first !== undefined) await name(first);
        await Promise.all(others.map(name));
        await sync();
      }),
    read: (nonce) => readFile(fileOf(nonce)),
    remove: (nonce) => rm(fileOf(nonce), { force: true }),
  };
}
