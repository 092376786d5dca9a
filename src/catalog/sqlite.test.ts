import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe } from '@jest/globals';
import { catalogSuite } from './catalog-suite.js';
import { matchingSuite } from './matching-suite.js';
import { returnedSuite } from './returned-suite.js';
import { searchSuite } from './search-suite.js';
import { openCatalog } from './sqlite.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-catalog-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = () => path.join(folder, `${files++}.db`);

describe('catalog on SQLite', () => {
  const open = () => openCatalog({ file: newFile() });
  catalogSuite(open);
  searchSuite(open);
  returnedSuite(open);
  matchingSuite(open);
});
