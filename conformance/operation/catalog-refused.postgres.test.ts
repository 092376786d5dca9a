import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type PostgresServer, startPostgres } from '../../src/catalog/testing/postgres-server.js';
import { runCommand } from '../testing/command-line.js';
import { startServer } from '../testing/server.js';

const PASSWORD = 'correct horse battery staple';
const WRONG = 'wrong-password-of-somebody';
const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-refused-'));
let postgres: PostgresServer;
let keyed: string;
beforeAll(async () => {
  postgres = await startPostgres();
  keyed = await postgres.createKeyedDatabase(PASSWORD);
});
afterAll(async () => {
  await postgres.close();
  rmSync(folder, { recursive: true });
});

const passwordFile = (name: string, password: string, mode = 0o600): string => {
  const file = path.join(folder, name);
  writeFileSync(file, `${password}\n`, { mode });
  return file;
};
/** What a server writes that ends before it is ready, with its exit code. */
const refusal = async (env: Record<string, string>): Promise<string> => {
  const output = await startServer({ env }).then(
    async (server) => {
      await server.stop();
      return 'It has started.';
    },
    (error: Error) => error.message,
  );
  for (const secret of [PASSWORD, WRONG]) expect(output).not.toContain(secret);
  return output;
};

describe('A catalogue on PostgreSQL that is of no use', () => {
  it.each([
    { locale: 'C.UTF-8', encoding: 'UTF8' },
    { locale: 'C', encoding: 'LATIN1' },
  ])('ends the start, with the statement that makes a better one: $encoding, $locale', async (options) => {
    const said = await refusal({ CATALOG_URL: await postgres.createDatabase(options) });
    expect(said).toMatch(/^The server ended with 1 /);
    expect(said).toContain(
      `The database of CATALOG_URL has the encoding ${options.encoding} and the locale ${options.locale}; make one with CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'.`,
    );
  });

  it('ends the start where the file of the password is missing', async () => {
    const file = path.join(folder, 'none');
    const said = await refusal({ CATALOG_URL: keyed, CATALOG_PASSWORD_FILE: file });
    expect(said).toMatch(/^The server ended with 1 /);
    expect(said).toContain(`CATALOG_PASSWORD_FILE ${file} cannot be read`);
  });

  it('ends the start where others may read the file', async () => {
    const file = passwordFile('open', PASSWORD, 0o644);
    const said = await refusal({ CATALOG_URL: keyed, CATALOG_PASSWORD_FILE: file });
    expect(said).toMatch(/^The server ended with 1 /);
    expect(said).toContain(`CATALOG_PASSWORD_FILE "${file}" (mode 644). Run: chmod go= ${file}`);
  });

  it('ends the start where the password is a wrong one, or none is given', async () => {
    const wrong = await refusal({ CATALOG_URL: keyed, CATALOG_PASSWORD_FILE: passwordFile('wrong', WRONG) });
    expect(wrong).toMatch(/^The server ended with 1 /);
    expect(wrong).toMatch(/PostgreSQL at 127\.0\.0\.1:\d+\/\w+ lets nobody in as/);
    const none = await refusal({ CATALOG_URL: keyed });
    expect(none).toMatch(/^The server ended with 1 /);
    expect(none).toContain('CATALOG_PASSWORD_FILE');
  });

  it('starts with the right one, and is made again with it by a rebuild', async () => {
    const env = { CATALOG_URL: keyed, CATALOG_PASSWORD_FILE: passwordFile('right', PASSWORD) };
    const dataFolder = path.join(folder, 'data');
    const server = await startServer({ env, dataFolder });
    expect(await server.stop()).toBe(0);
    expect(server.output()).not.toContain(PASSWORD);
    const { code, stdout, stderr } = await runCommand(['rebuild'], { ...env, DATA_DIR: dataFolder });
    expect(stdout + stderr).not.toContain(PASSWORD);
    expect([code, stdout]).toEqual([0, expect.stringContaining('0 studies, 0 series, 0 instances.')]);
  });
});
