import { execFileSync } from 'node:child_process';

/** What a folder and all in it takes on the disk, by blocks of the file system. */
export const allocatedBytes = (folder: string): number => du('-s', '-B1', folder);

/** The lengths of all files in a folder. */
export const lengthBytes = (folder: string): number => du('-sb', folder);

function du(...args: string[]): number {
  return Number(execFileSync('du', args, { encoding: 'utf8' }).split('\t')[0]);
}
