import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import Database from 'libsql';
import type { AppliedBlock, Catalog, Change } from '../catalog.js';
import { openTestCatalog } from '../testing/open-test-catalog.js';
import { announced, element, retired, sealed, withdrawn } from '../testing/records.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-history-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

type Step = { kind: 'block'; gap: number; changes: Change[] } | { kind: 'back'; by: number };

const names = ['a', 'b', 'c', 'd'];
const arbitraryChange: fc.Arbitrary<Change> = fc
  .record({
    kind: fc.constantFrom('announced', 'announced', 'sealed', 'withdrawn', 'retired'),
    name: fc.constantFrom(...names),
    study: fc.constantFrom('s', 't'),
    series: fc.constantFrom('r', 'u'),
    patient: fc.constantFrom('p', 'q'),
    text: fc.constantFrom('x', 'y'),
    hasExtra: fc.boolean(),
  })
  .map(({ kind, name, study, series, patient, text, hasExtra }) => {
    if (kind === 'sealed') return sealed(name);
    if (kind === 'withdrawn') return withdrawn(name);
    if (kind === 'retired') return retired(name);
    return announced({
      name,
      study,
      series: study + series,
      patient,
      studyAttributes: { '00081030': element('LO', text), '00080020': element('DA', text === 'x' ? '20200101' : '') },
      seriesAttributes: { '00080060': element('CS', text), '00200011': element('IS', text === 'x' ? 1 : 'one') },
      instanceAttributes: hasExtra ? { '00200013': element('IS', 1) } : {},
      record: { SOPClassUID: text === 'x' ? '1.2.1' : '1.2.2' },
      image: { siteId: text === 'x' ? 1 : 2 },
    });
  });
const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('block' as const),
      gap: fc.integer({ min: 1, max: 3 }),
      changes: fc
        .array(arbitraryChange, { maxLength: 5 })
        .map((changes) => changes.map((change, logIndex) => ({ ...change, logIndex }))),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('back' as const), by: fc.integer({ min: 0, max: 4 }) }) },
);

/** Every row of every table. */
function dump(file: string): Record<string, unknown[]> {
  const db = new Database(file);
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all() as {
    name: string;
  }[];
  const rows = Object.fromEntries(
    tables.map(({ name }) => [name, db.prepare(`SELECT * FROM ${name} ORDER BY 1, 2`).raw().all()]),
  );
  db.close();
  return rows;
}

/** Plays the steps on a catalogue and gives the blocks that are left in the end. */
async function play(catalog: Catalog, steps: Step[]): Promise<AppliedBlock[]> {
  const chain: AppliedBlock[] = [];
  for (const [index, step] of steps.entries()) {
    const last = chain.at(-1)?.block.number ?? -1n;
    if (step.kind === 'block') {
      const number = last + BigInt(step.gap);
      const applied = { block: { number, hash: `0x${index}`, timestamp: 1000 + index }, changes: step.changes };
      await catalog.apply(applied.block, applied.changes);
      chain.push(applied);
    } else if (chain.length > step.by) {
      chain.length -= step.by;
      const to = chain.at(-1)?.block;
      if (to) await catalog.rollback(to);
    }
  }
  return chain;
}

describe('openCatalog', () => {
  it('ends after any history of blocks and rollbacks as after a replay of the blocks that are left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryStep, { minLength: 2, maxLength: 14 }), async (steps) => {
        const [file, other] = [path.join(folder, `${files++}.db`), path.join(folder, `${files++}.db`)];
        const catalog = openTestCatalog({ file });
        const chain = await play(catalog, steps);
        await catalog.close();
        const replay = openTestCatalog({ file: other });
        for (const { block, changes } of chain) await replay.apply(block, changes);
        await replay.close();
        expect(dump(file)).toEqual(dump(other));
        for (const each of [file, other]) rmSync(each);
      }),
      { numRuns: 60 },
    );
  });
});
