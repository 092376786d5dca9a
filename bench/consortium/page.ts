import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { REPORTS_FOLDER } from '../folders.js';
import { linePlots } from '../line-plots.js';
import type { ConsortiumRun } from './consortium-run.js';
import { panelsOf } from './page-plots.js';
import { tablesOf } from './page-tables.js';

/**
 * Writes `consortium.svg`, and every table of `consortium.md` between its two marks; the words between the tables are written by hand, in the report that is committed.
 * Throws when a table has no place.
 */
export function writePage(run: ConsortiumRun, folder: string): void {
  writeFileSync(path.join(folder, 'consortium.svg'), linePlots(panelsOf(run)));
  const file = path.join(REPORTS_FOLDER, 'consortium.md');
  let page = readFileSync(file, 'utf8');
  for (const [name, lines] of Object.entries(tablesOf(run))) {
    const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [begin, end] = [page.indexOf(from), page.indexOf(to)];
    if (begin === -1 || end === -1) throw new Error(`${file} has no ${from} … ${to} for the table.`);
    page = `${page.slice(0, begin + from.length)}\n\n${lines.join('\n')}\n\n${page.slice(end)}`;
  }
  writeFileSync(path.join(folder, 'consortium.md'), page);
}
