import { open, rename } from 'node:fs/promises';
import path from 'node:path';

/** Makes or replaces a file: whoever looks sees all of `text` or nothing of it, also after a kill or a power failure. */
export async function writeDurably(file: string, text: string, { mode }: { mode: number }): Promise<void> {
  const unfinished = `${file}.new`;
  const handle = await open(unfinished, 'w', mode);
  try {
    await handle.writeFile(text);
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
