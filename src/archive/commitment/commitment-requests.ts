import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { writeDurably } from '../../base/write-durably.js';

/** An instance as whoever asks for its commitment names it (PS3.3 Table 10-11). */
export interface InstanceReference {
  SOPClassUID: string;
  SOPInstanceUID: string;
}

/** Whose request it is, and how that one calls it: two may use one UID, and learn nothing of each other. */
export interface CommitmentName {
  /** Issuer and subject of a principal. */
  owner: string;
  transactionUID: string;
}

/** Requests for storage commitment, kept so that their result can be asked for later: a synced file each, without patient attributes. */
export interface CommitmentRequests {
  /** Writes a request down; resolves once it is on disk, with false when there is one of that name already. */
  add(name: CommitmentName, references: readonly InstanceReference[]): Promise<boolean>;
  find(name: CommitmentName): Promise<InstanceReference[] | undefined>;
}

const KEPT_MS = 30 * 86_400_000;
const MAX_REQUESTS = 10_000;
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Opens the folder, or makes it. A request is kept for 30 days, as long as all of them are at most 10,000 and have 256 MiB: beyond
 * that the oldest are forgotten, and whoever made one of those asks anew.
 */
export async function openCommitmentRequests({
  folder,
  maxRequests = MAX_REQUESTS,
}: {
  folder: string;
  maxRequests?: number;
}): Promise<CommitmentRequests> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  /** The oldest first. */
  const kept = new Map<string, { byteCount: number; at: number }>();
  const found = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const { size, mtimeMs } = await stat(path.join(folder, name));
      return { name, byteCount: size, at: mtimeMs };
    }),
  );
  for (const { name, ...file } of found.sort((a, b) => a.at - b.at)) kept.set(name, file);
  let byteCount = found.reduce((sum, file) => sum + file.byteCount, 0);

  const forgetOldest = async (): Promise<void> => {
    for (const [name, file] of kept) {
      const isTooMuch = kept.size > maxRequests || byteCount > MAX_BYTES;
      if (!isTooMuch && Date.now() - file.at <= KEPT_MS) return;
      kept.delete(name);
      byteCount -= file.byteCount;
      await rm(path.join(folder, name), { force: true });
    }
  };
  await forgetOldest();

  return {
    add: async (name, references) => {
      const text = JSON.stringify(references.map(({ SOPClassUID, SOPInstanceUID }) => [SOPClassUID, SOPInstanceUID]));
      const file = fileOf(name);
      if (kept.has(file)) return false;
      kept.set(file, { byteCount: text.length, at: Date.now() });
      byteCount += text.length;
      await writeDurably(path.join(folder, file), text, { mode: 0o600 });
      await forgetOldest();
      return true;
    },
    find: async (name) => {
      const text = await readFile(path.join(folder, fileOf(name)), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (text === undefined) return undefined;
      return (JSON.parse(text) as [string, string][]).map(([SOPClassUID, SOPInstanceUID]) => ({
        SOPClassUID,
        SOPInstanceUID,
      }));
    },
  };
}

function fileOf({ owner, transactionUID }: CommitmentName): string {
  const name = createHash('sha256')
    .update(JSON.stringify([owner, transactionUID]))
    .digest('hex');
  return `${name}.json`;
}
