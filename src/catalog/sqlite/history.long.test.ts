// About 110 s.
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

/** usage: HISTORIES=10000 HISTORIES_SEED=1 TMPDIR=/dev/shm npm run test:long -- history.long */
const numRuns = Number(process.env.HISTORIES ?? 500);
const seed = Number(process.env.HISTORIES_SEED ?? 1);

describe('openCatalog', () => {
  it(`ends after each of ${numRuns} histories from seed ${seed} on as a catalogue that is rebuilt`, async () => {
    await fc.assert(
      fc.asyncProperty(histories, (history) => expectRebuild(history, fileHistoryBed(folder))),
      { numRuns, seed },
    );
  });

  it(`ends so too after each of ${numRuns} histories of what the consortium says`, async () => {
    await fc.assert(
      fc.asyncProperty(factHistories, (history) => expectRebuild(history, fileHistoryBed(folder))),
      { numRuns, seed },
    );
  });
});
