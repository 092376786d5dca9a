import { rmSync } from 'node:fs';
import path from 'node:path';
import { dumpSourceOfFile } from './dump.js';
import type { HistoryBed } from './history-property.js';
import { openTestCatalog } from './open-test-catalog.js';

/** Catalogues for histories in files of a folder. */
export function fileHistoryBed(folder: string): HistoryBed {
  const fileOf = (name: string): string => path.join(folder, name);
  const annotationsFile = fileOf('annotations');
  return {
    open: (name, shown) =>
      openTestCatalog({ file: fileOf(name), annotationsFile, site: { ...shown, retirementsPerHour: 1 } }),
    source: (name) => dumpSourceOfFile(fileOf(name)),
    remove: (...names) => {
      const files = [...names.map(fileOf), ...(names.includes('played') ? [annotationsFile] : [])];
      for (const file of files) for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
    },
  };
}
