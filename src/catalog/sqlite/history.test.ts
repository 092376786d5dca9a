// About 25 s.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { fileHistoryBed } from '../testing/file-history-bed.js';
import { expectRebuild } from '../testing/history-property.js';
import { factHistories } from '../testing/random-facts.js';
import { histories } from '../testing/random-history.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-history-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('openCatalog', () => {
  it('ends after any history as a catalogue that is rebuilt from the blocks that are left, whatever was read late', async () => {
    await fc.assert(
      fc.asyncProperty(histories, (history) => expectRebuild(history, fileHistoryBed(folder))),
      { numRuns: 60 },
    );
  }, 600_000);

  it('ends so too after any history of what the consortium says', async () => {
    await fc.assert(
      fc.asyncProperty(factHistories, (history) => expectRebuild(history, fileHistoryBed(folder))),
      { numRuns: 60 },
    );
  }, 600_000);
});
