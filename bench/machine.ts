import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { PROJECT_ROOT } from '../src/base/project-root.js';

/** What figures depend on besides the code, as it is now. */
export interface Machine {
  cpu: string;
  cores: number;
  /** 10⁹ bytes each. */
  memoryGB: number;
  kernel: string;
  node: string;
  /** Its version, when one was given. */
  geth?: string;
  /** Load averages of 1, 5 and 15 minutes: before the measurement, and after it. */
  load: number[];
  loadAtEnd?: number[];
}

/** This machine; `geth` is the path of the program that is measured with. */
export function machine(geth?: string): Machine {
  const version = geth && /^Version: (.*)$/m.exec(execFileSync(geth, ['version'], { encoding: 'utf8' }))?.[1];
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.cpus().length,
    memoryGB: Math.round(os.totalmem() / 1e9),
    kernel: os.release(),
    node: process.version,
    ...(version && { geth: version }),
    load: load(),
  };
}

export function load(): number[] {
  return os.loadavg().map((one) => +one.toFixed(1));
}

/** The command that a bench was started by. */
export function commandOf(name: string): string {
  const options = process.argv.slice(2);
  return ['npm run', `bench:${name}`, ...(options.length > 0 ? ['--', ...options] : [])].join(' ');
}

/** The commit of the code that is measured, short, and whether files differ from it. */
export function commit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: PROJECT_ROOT, encoding: 'utf8' }).trim();
  return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '-uno') === '' ? '' : ' with changes');
}
