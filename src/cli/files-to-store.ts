import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { PartMediaType } from '../archive/archive.js';
import { LedgerError } from '../base/errors.js';

export interface FileToStore {
  file: string;
  byteCount: number;
  mediaType: PartMediaType;
}

/** The files of `paths` in that order, those of a folder (and of the folders in it) by name. What is neither DICOM, JPG nor PNG is left out. */
export async function filesToStore(paths: string[]): Promise<FileToStore[]> {
  const found: FileToStore[] = [];
  for (const given of paths) {
    const status = await stat(given).catch((cause: unknown) => {
      throw new LedgerError('bad-request', `There is no file or folder "${given}".`, { cause });
    });
    const files = status.isDirectory() ? await filesBelow(given) : [given];
    for (const file of files) {
      const mediaType = await sniff(file);
      if (mediaType) found.push({ file, byteCount: (await stat(file)).size, mediaType });
    }
  }
  return found;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries) {
    const name = path.join(entry.parentPath, entry.name);
    if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(name)))) files.push(name);
  }
  return files.sort((a, b) => (a < b ? -1 : 1));
}

/** Links to folders are not followed, so that none leads in a circle. */
async function isFile(link: string): Promise<boolean> {
  const target = await stat(link).catch((cause: unknown) => {
    throw new LedgerError('bad-request', `The link "${link}" leads nowhere; remove it or name the files themselves.`, {
      cause,
    });
  });
  return target.isFile();
}

/** By content; a file that calls itself DICOM is sent as such, so that the server says what is wrong with it. */
async function sniff(file: string): Promise<PartMediaType | undefined> {
  const handle = await open(file, 'r');
  const head = Buffer.alloc(132);
  await handle.read(head, 0, head.length, 0).finally(() => handle.close());
  if (head.subarray(128).toString('latin1') === 'DICM') return 'application/dicom';
  if (head.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'image/jpeg';
  if (head.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n') return 'image/png';
  return /\.(dcm|dic|dicom|ima)$/i.test(file) ? 'application/dicom' : undefined;
}
