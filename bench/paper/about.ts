import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/base/project-root.js';

/** What the figures depend on. */
export interface PaperMachine {
  processor: string;
  memoryGB: number;
  system: string;
  node: string;
  geth: string | undefined;
  commit: string;
  uncommittedChanges: boolean;
  loadAverage: number;
  version: string;
}

/** Machine, programs and commit, as they are now. */
export function describeMachine(gethBinary: string): PaperMachine {
  const cpus = os.cpus();
  return {
    processor: `${cpus.length} × ${cpus[0]?.model.trim()}`,
    memoryGB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    geth: /Version: (\S+)/.exec(run(gethBinary, ['version']))?.[1],
    commit: run('git', ['rev-parse', 'HEAD']),
    uncommittedChanges: run('git', ['status', '--porcelain', '--untracked-files=no']) !== '',
    loadAverage: os.loadavg()[0]!,
    version: (JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8')) as { version: string }).version,
  };
}

function run(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, {
      cwd: PROJECT_ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
