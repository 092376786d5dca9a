import { afterAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice } from '../testing/make-dicom.js';
import { startServer } from '../testing/server.js';

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-closed-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));
const isRoot = process.getuid?.() === 0;
const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups', '--'];

/** How many bytes of the named files somebody who is nobody reads. */
function bytesForNobody(files: readonly string[]): number {
  const { stdout } = spawnSync('setpriv', [...NOBODY, 'cat', '--', ...files], { maxBuffer: 2 ** 30 });
  return stdout.length;
}

/** Starts a server that is not to start; its code and what it said. */
function startInVain(
  env: Record<string, string>,
  nodeOptions: readonly string[] = [],
): { code: number | null; said: string } {
  const args = [...nodeOptions, path.resolve('dist/cli/main.js'), 'serve'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: path.join(parent, 'vain'), ...env },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, said: stdout + stderr };
}

describe('What a server writes', () => {
  it('is for its own user alone, each file and each folder', async () => {
    // As most shells have it.
    const before = process.umask(0o022);
    const dataFolder = path.join(parent, 'data');
    const server = await startServer({ dataFolder });
    process.umask(before);
    expect((await stowSingle(server.url, ctSlice({ PatientName: 'Canary^Name' }, { size: 200 }))).status).toBe(200);
    await server.kill9();

    const names = execFileSync('find', [dataFolder], { encoding: 'utf8' }).trim().split('\n');
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => (statSync(name).mode & 0o077) !== 0)).toEqual([]);
    if (isRoot) {
      chmodSync(parent, 0o755);
      const files = names.filter((name) => statSync(name).isFile());
      expect(bytesForNobody(files)).toBe(0);
      // Nor when somebody opens the folder alone; and the question can be answered otherwise.
      chmodSync(dataFolder, 0o755);
      expect(bytesForNobody(files)).toBe(0);
      const open = path.join(parent, 'open');
      writeFileSync(open, 'x');
      chmodSync(open, 0o644);
      expect(bytesForNobody([open])).toBe(1);
    }
    chmodSync(dataFolder, 0o755);
    const refused = startInVain({ DATA_DIR: dataFolder });
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.said).toContain(`Run: chmod -R go= ${dataFolder}\n`);
    execFileSync('sh', ['-c', /Run: (.*)/.exec(refused.said)?.[1] ?? 'false']);
    await (await startServer({ dataFolder })).stop();
  });
});

describe('A server that would be open', () => {
  it.each([
    ['HOST=0.0.0.0', { HOST: '0.0.0.0' }, /HOST="0.0.0.0".*TLS_CERT_FILE.*BEHIND_TLS_PROXY=on.*a way to log in/],
    [
      'HOST=0.0.0.0 behind a proxy',
      { HOST: '0.0.0.0', BEHIND_TLS_PROXY: 'on', PUBLIC_URL: 'https://pacs.example' },
      /HOST="0.0.0.0".*a way to log in/,
    ],
  ])('does not start with %s, and says what to set', (_case, env, sentence) => {
    const { code, said } = startInVain(env);
    expect(code).toBe(1);
    expect(said).toMatch(sentence);
    expect(said.trim().split('\n')).toHaveLength(1);
  });

  it.each(['CONSORTIUM_KEY_FILE', 'TLS_KEY_FILE'])('does not start with a %s that others can read', (setting) => {
    const file = path.join(parent, setting);
    writeFileSync(file, `${'ab'.repeat(32)}\n`);
    chmodSync(file, 0o640);
    const { code, said } = startInVain({ [setting]: file, ...(setting === 'TLS_KEY_FILE' && { TLS_CERT_FILE: file }) });
    expect([code, said.includes(`Run: chmod go= ${file}\n`)]).toEqual([1, true]);
    expect(readdirSync(path.join(parent, 'vain'))).not.toContain('catalog.sqlite');
  });
});

describe('A server without the native part of secp256k1', () => {
  it('does not start: nothing in JavaScript signs in its place', () => {
    const hide = path.join(parent, 'hide.cjs');
    writeFileSync(
      hide,
      `const { Module } = require('node:module');
       const load = Module._load;
       Module._load = function (name, parent, ...more) {
         if (name === 'node-gyp-build' && /secp256k1/.test(parent.filename)) throw new Error('There is no binding.');
         return load.call(this, name, parent, ...more);
       };`,
    );
    const { code, said } = startInVain({ DATA_DIR: path.join(parent, 'unsigned') }, ['--require', hide]);
    expect(code).toBe(1);
    expect(said).toMatch(/^The native part of the package secp256k1 cannot be loaded, .* run "npm rebuild secp256k1/m);
  });
});
