import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lockFolder } from './folder-lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function holder(): Promise<ChildProcess> {
  const script = `const { lockFolder } = await import(${JSON.stringify(path.resolve('dist/base/folder-lock.js'))});
    globalThis.lock = lockFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

describe('lockFolder', () => {
  it('refuses a folder that another process has, and gets it as soon as that one is killed', async () => {
    const child = await holder();
    expect(() => lockFolder(folder)).toThrow(expect.objectContaining({ code: 'locked' }));
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockFolder(folder).release();
  });

  it('says so when it is something else than another process that it fails for', () => {
    writeFileSync(path.join(folder, 'lock'), 'This is no database, and has been here before. '.repeat(100));
    expect(() => lockFolder(folder)).toThrow(expect.objectContaining({ code: 'misconfigured' }));
  });

  it('refuses this process as well while it has it', () => {
    const lock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(expect.objectContaining({ code: 'locked' }));
    lock.release();
    lockFolder(folder).release();
  });

  it('can be released and taken again', () => {
    lockFolder(folder).release();
    lockFolder(folder).release();
  });
});
