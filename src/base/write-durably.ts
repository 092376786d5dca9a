import { open, rename } from 'node:fs/promises';
import path from 'node:path';

/** Makes or replaces a file: whoever looks sees all of `content` or nothing of it, also after a kill or a power failure. */
export async function writeDurably(
  file: string,
  content: string | Uint8Array,
  { mode }: { mode: number },
): Promise<void> {
  const unfinished = `${file}.new`;
  const handle = await open(unfinished, 'w', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
  await syncFolder(path.dirname(file));
}

/** Makes new names in a folder durable (fsync(2)). */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Does work that makes new names in a folder, which calls `sync` to make them durable. The folder is opened for that while the work goes on, and
 * closed behind it: whoever waits for the work waits for neither.
 */
export async function withFolderSync<T>(folder: string, work: (sync: () => Promise<void>) => Promise<T>): Promise<T> {
  const opening = open(folder, 'r');
  try {
    return await work(async () => (await opening).sync());
  } finally {
    opening.then((handle) => handle.close()).catch(() => undefined);
  }
}
