import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main, runCommand } from '../testing/command-line.js';
import { startServer } from '../testing/server.js';

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-first-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** Starts a server on `dataFolder` and kills it at the moment at which the file is there. */
async function killAt(dataFolder: string, fileName: string): Promise<void> {
  const child = spawn(process.execPath, [main, 'serve'], {
    env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: dataFolder },
    stdio: 'ignore',
  });
  const watcher = watch(dataFolder, (_, name) => {
    if (name === fileName) child.kill('SIGKILL');
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  watcher.close();
  expect([fileName, code]).toEqual([fileName, null]);
  expect(existsSync(path.join(dataFolder, fileName))).toBe(true);
}

describe('The first start', () => {
  const made = ['champion.key', 'site.key', 'governor.key', 'contract'];

  it('can be killed at each file that it makes, and the next one goes on', async () => {
    const dataFolder = mkdtempSync(path.join(parent, 'data-'));
    const seen: string[] = [];
    for (const name of made) {
      // On a busy machine the kill can come after the next file.
      if (!existsSync(path.join(dataFolder, name))) await killAt(dataFolder, name);
      seen.push(readFileSync(path.join(dataFolder, name), 'utf8'));
    }
    const server = await startServer({ dataFolder });
    expect(await server.stop()).toBe(0);
    expect(made.map((name) => readFileSync(path.join(dataFolder, name), 'utf8'))).toEqual(seen);
    for (const key of made.slice(0, 3)) expect(statSync(path.join(dataFolder, key)).mode & 0o777).toBe(0o600);
  });

  it('says in one sentence that DATA_DIR cannot be made, and rebuild that there is none', async () => {
    const file = path.join(parent, 'a-file');
    writeFileSync(file, '');
    for (const [command, DATA_DIR] of [
      ['serve', file],
      ['serve', path.join(file, 'data')],
      ['rebuild', path.join(parent, 'absent')],
    ] as const) {
      const { code, stderr } = await runCommand([command], { DATA_DIR, PORT: '0' });
      expect(code).toBe(1);
      expect(stderr).toContain(DATA_DIR);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
  });
});
