import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { type Orthanc, startOrthanc } from '../testing/orthanc.js';
import { type ConformanceRun, runConformance } from '../testing/run-conformance.js';

let orthanc: Orthanc;
let run: ConformanceRun;

beforeAll(async () => {
  orthanc = await startOrthanc();
  run = await runConformance(`${orthanc.url}/dicom-web`);
}, 300_000);
afterAll(() => orthanc?.stop());

describe("dicom-ledger conformance, on Debian's Orthanc", () => {
  const page = readFileSync('docs/conformance-suite.md', 'utf8');

  it('runs on the version that the page names', () => {
    expect(page).toContain(`Orthanc ${orthanc.version}`);
  });

  it('fails the rows of the table in docs/conformance-suite.md, and no others', () => {
    const listed = [...page.matchAll(/^\| `([^`]+)` +\| (?:MUST|SHOULD) /gm)].map(([, name = '']) => name).sort();
    expect(run.failed).toEqual(listed);
    expect(run.failed.length).toBeGreaterThan(20);
    expect(run.code).toBe(1);
  });
});
