import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** What the figures depend on: machine, programs and commit, as they are now. */
export function describeMachine(gethBinary) {
  const cpus = os.cpus();
  return {
    processor: `${cpus.length} × ${cpus[0]?.model.trim()}`,
    memoryGB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    geth: /Version: (\S+)/.exec(run(gethBinary, ['version']))?.[1],
    commit: run('git', ['rev-parse', 'HEAD']),
    uncommittedChanges: run('git', ['status', '--porcelain', '--untracked-files=no']) !== '',
    loadAverage: os.loadavg()[0],
    version: JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version,
  };
}

function run(command, args) {
  try {
    return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}
