import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ConformanceRun, runConformance } from '../testing/run-conformance.js';
import { type RunningServer, startServer } from '../testing/server.js';

/** Where this server differs from the standard on purpose, with the decision that says why. */
const DIFFERS = {
  'retrieve-never-implicit': 'docs/decisions/0003-stored-bytes-for-a-wildcard-transfer-syntax.md',
};

let server: RunningServer;
let token: string;
let run: ConformanceRun;
beforeAll(async () => {
  server = await startServer();
  token = (server.authorization.Authorization ?? '').replace('Bearer ', '');
  run = await runConformance(`${server.url}/dicom-web`, token);
}, 300_000);
afterAll(() => server.stop());

describe('dicom-ledger conformance, on this server', () => {
  it('passes every MUST and SHOULD but those that are listed', () => {
    expect(run.failed).toEqual(Object.keys(DIFFERS).sort());
  });

  it('ends with the numbers, and with exit code 1 when a row failed', () => {
    expect(run.stdout.trimEnd().split('\n').at(-1)).toMatch(/^\d{3} passed, \d+ failed$/);
    expect(run.stdout).toContain(` passed, ${run.failed.length} failed`);
    expect(run.code).toBe(run.failed.length > 0 ? 1 : 0);
    expect(run.stderr).toBe('');
  });

  it('writes the token nowhere', () => {
    expect(token.length).toBeGreaterThan(20);
    expect(run.stdout + run.html).not.toContain(token);
    expect(run.html).toContain('$DICOMWEB_TOKEN');
  });
});
