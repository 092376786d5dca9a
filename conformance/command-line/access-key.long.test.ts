import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { main, runCommand } from '../testing/command-line.js';
import { type RunningServer, startServer } from '../testing/server.js';

let folder: string;
let accessFile: string;
let server: RunningServer;

const rolesOfKey = (id: string, permissions: string[]): void =>
  writeFileSync(accessFile, JSON.stringify({ roles: { auditor: { permissions } }, keys: { [id]: ['auditor'] } }), {
    mode: 0o600,
  });

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-keys-'));
  accessFile = path.join(folder, 'access.json');
  rolesOfKey('none', []);
  server = await startServer({ env: { ACCESS_FILE: accessFile } });
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => runCommand([...args, '--url', server.url]);
const statusFor = async (url: string, Authorization: string): Promise<number> =>
  (await fetch(`${server.url}${url}`, { headers: { Authorization } })).status;

describe('access-key', () => {
  it('makes a key that programs come in by, lists it, and revokes it', async () => {
    const made = await run(
      'access-key',
      'new',
      'CT 1',
      '--permission',
      'read,write',
      '--network',
      '127.0.0.0/8',
      '--expires-in-days',
      '7',
    );
    const key = made.stdout.trim();
    expect(key).toMatch(/^dl_[0-9a-f]{12}_[\w-]{43}$/);
    const [, id = ''] = key.split('_');
    expect(made.stderr).toContain(id);
    const asUser = `Basic ${Buffer.from(`${id}:${key}`).toString('base64')}`;
    for (const authorization of [`Bearer ${key}`, asUser]) {
      expect(await statusFor('/dicom-web/studies', authorization)).toBe(200);
      expect(await statusFor('/ledger/network', authorization)).toBe(403);
    }
    const listed = await run('access-key', 'list');
    expect(listed.stdout).toMatch(new RegExp(`^${id}\tCT 1\tread,write\texpires 20`, 'm'));
    expect(listed.stdout).not.toContain(key);
    expect((await run('access-key', 'revoke', id)).code).toBe(0);
    for (const authorization of [`Bearer ${key}`, asUser])
      expect(await statusFor('/dicom-web/studies', authorization)).toBe(401);
    expect((await run('access-key', 'revoke', id)).code).toBe(1);
  });

  it('says what is wrong with a key', async () => {
    const { code, stdout, stderr } = await run(
      'access-key',
      'new',
      'x',
      '--permission',
      'all',
      '--network',
      '10.0.0.0/99',
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/"permissions".*"networks"/);
  });

  it('stays what it was when the server is killed, and gets what the roles file says on SIGHUP', async () => {
    const { stdout } = await run('access-key', 'new', 'Auditor', '--permission', 'read');
    const key = stdout.trim();
    await server.kill9();
    server = await startServer({ dataFolder: server.dataFolder, env: { ACCESS_FILE: accessFile } });
    expect(await statusFor('/ledger/network', `Bearer ${key}`)).toBe(403);
    rolesOfKey(key.split('_')[1] ?? '', ['audit']);
    process.kill(server.pid, 'SIGHUP');
    await until('the role to be there', async () => (await statusFor('/ledger/network', `Bearer ${key}`)) === 200);
    writeFileSync(accessFile, '{');
    process.kill(server.pid, 'SIGHUP');
    await until('the fault to be logged', () => server.output().includes('the roles stay as they were'));
    expect(await statusFor('/ledger/network', `Bearer ${key}`)).toBe(200);
    expect(server.output()).not.toContain(key);
  });
});

describe('serve', () => {
  it('does not start with a roles file that has faults, and names them', async () => {
    const file = path.join(folder, 'faulty.json');
    writeFileSync(file, '{"roles":{"a":{"permissions":["all"]},"b":{}}}', { mode: 0o600 });
    const { code, stderr } = await runCommand(['serve'], {
      ACCESS_FILE: file,
      DATA_DIR: path.join(folder, 'data'),
      PORT: '0',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/roles\.a\.permissions has "all".*roles\.b\.permissions/);
  });

  it('shows a terminal a link that logs in, once', async () => {
    const child = spawn('script', ['-qec', `${process.execPath} ${main} serve`, '/dev/null'], {
      env: { PATH: process.env['PATH'], MIN_FREE_BYTES: '0', PORT: '0', DATA_DIR: path.join(folder, 'terminal') },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    try {
      const link = await until('the link', () => /http:\/\/localhost:\d+\/login\?code=[\w-]{43}/.exec(output)?.[0]);
      const first = await fetch(link, { redirect: 'manual' });
      expect([first.status, first.headers.get('location')]).toEqual([303, '/']);
      expect((await fetch(link, { redirect: 'manual' })).status).toBe(403);
      const lines = output.split('\n').filter((line) => line.includes('code='));
      expect(lines).toHaveLength(1);
      expect(lines[0]).not.toContain('{');
    } finally {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }
  });
});
