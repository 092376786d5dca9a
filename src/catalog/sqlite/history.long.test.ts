import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { expectRebuild } from '../testing/history-property.js';
import { histories } from '../testing/random-history.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-history-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** usage: HISTORIES=10000 HISTORIES_SEED=1 TMPDIR=/dev/shm npm run test:long -- history.long */
const numRuns = Number(process.env.HISTORIES ?? 1000);
const seed = Number(process.env.HISTORIES_SEED ?? 1);

// libsql closes a connection when its statements are collected, and of those the collector does not know that files hang on them.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
let played = 0;

describe('openCatalog', () => {
  it(`ends after each of ${numRuns} histories from seed ${seed} on as a catalogue that is rebuilt`, async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        await expectRebuild(history, folder);
        if (++played % 100 === 0) collect();
      }),
      { numRuns, seed },
    );
  });
});
