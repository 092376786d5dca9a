import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Archive } from '../../../src/archive/archive.js';
import { openTestCatalog } from '../../../src/catalog/testing/open-test-catalog.js';
import { attribute } from '../../../src/dicom/data-set/dictionary.js';
import { MAX_RESULTS, parseQidoKeys, type QueryLevel } from '../../../src/http/qido/qido-keys.js';
import type { Door } from '../door.js';
import { fillCatalog } from '../fill-catalog.js';
import { requireThat, throwsOnly } from '../find.js';
import { randomQuery } from '../random-query.js';

const LEVELS: readonly QueryLevel[] = ['patient', 'study', 'series', 'instance'];

/** QIDO keys, read as the route reads them and searched for in a catalogue of real and long-worded instances. */
export async function openQueryDoor(): Promise<Door> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-fuzz-'));
  const catalog = openTestCatalog({ file: path.join(folder, 'catalog.sqlite') });
  await fillCatalog(catalog);
  return {
    make: (random) => ({ label: random.pick(LEVELS), bytes: Buffer.from(randomQuery(random), 'latin1') }),
    run: async ({ label, bytes }) => {
      const level = label as QueryLevel;
      const parameters = new URLSearchParams(bytes.toString('latin1'));
      const archive = { attribute } as Archive;
      const read = await throwsOnly(['bad-request'], () => parseQidoKeys(archive, { level, parameters }));
      if (!read) return;
      const found = await throwsOnly(['bad-request'], () => catalog.seenBy('everything').search(read.query));
      if (!found) return;
      JSON.stringify(found);
      requireThat(found.matches.length <= MAX_RESULTS[level], `${found.matches.length} matches came back.`);
    },
    close: async () => {
      await catalog.close();
      rmSync(folder, { recursive: true });
    },
  };
}
