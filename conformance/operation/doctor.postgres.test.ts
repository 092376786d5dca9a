import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type PostgresServer, startPostgres } from '../../src/catalog/testing/postgres-server.js';
import { runCommand } from '../testing/command-line.js';
import { startServer } from '../testing/server.js';

const PASSWORD = 'correct horse battery staple';
const WRONG = 'wrong-password-of-somebody';
const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-doctor-postgres-'));
let postgres: PostgresServer;
let database: string;
beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createKeyedDatabase(PASSWORD);
});
afterAll(async () => {
  await postgres.close();
  rmSync(folder, { recursive: true });
});

const settings = (password: string): Record<string, string> => {
  const file = path.join(folder, 'password');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return { CATALOG_URL: database, CATALOG_PASSWORD_FILE: file };
};
/** What it says of the catalogue, with its verdict. */
async function catalogue(environment: Record<string, string>): Promise<string[]> {
  const all = { DATA_DIR: path.join(folder, 'data'), PORT: '1', ...environment };
  const { stdout, stderr } = await runCommand(['doctor', '--json'], all);
  for (const secret of [PASSWORD, WRONG]) expect(stdout + stderr).not.toContain(secret);
  const { findings } = JSON.parse(stdout) as { findings: { check: string; verdict: string; says: string }[] };
  return findings.filter(({ check }) => check === 'catalogue').map(({ verdict, says }) => `${verdict}: ${says}`);
}

describe('dicom-ledger doctor of a catalogue in PostgreSQL', () => {
  it('finds the database, and whether a server has made its catalogue there', async () => {
    const { host, pathname } = new URL(database);
    const place = `${host}${pathname}`.replaceAll('.', '\\.');
    const answers = `^ok: PostgreSQL \\d+\\.\\d+.* at ${place} answers, and`;
    const environment = settings(PASSWORD);
    expect(await catalogue(environment)).toEqual([
      expect.stringMatching(new RegExp(`${answers} gets a catalogue at the first start\\.$`)),
    ]);
    const server = await startServer({ env: environment });
    expect(await server.stop()).toBe(0);
    expect(await catalogue(environment)).toEqual([expect.stringMatching(new RegExp(`${answers} has a catalogue\\.$`))]);
  });

  it('finds a password that is a wrong one, a file of it that is missing, and a server that is down', async () => {
    expect(await catalogue(settings(WRONG))).toEqual([
      expect.stringMatching(/^fault: PostgreSQL at .* does not answer \(password authentication failed for user/),
    ]);
    const missing = path.join(folder, 'none');
    expect(await catalogue({ CATALOG_URL: database, CATALOG_PASSWORD_FILE: missing })).toEqual([
      expect.stringContaining(`CATALOG_PASSWORD_FILE ${missing} cannot be read`),
    ]);
    await postgres.stop();
    expect(await catalogue(settings(PASSWORD))).toEqual([
      expect.stringMatching(/^fault: PostgreSQL at .* does not answer \(connect ECONNREFUSED/),
    ]);
  });
});
