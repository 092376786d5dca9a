import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { main } from './command-line.js';
import { letIn } from './let-in.js';

/** `dicom-ledger demo` in a process of its own, whose temporary files lie in a folder of its own. */
export interface RunningDemo {
  pid: number;
  /** The link that it shows; its server is let in by `fetch` of this process once the link is there. */
  link(): Promise<URL>;
  output(): string;
  /** What lies in its folder for temporary files. */
  temporary(): string[];
  /** Sends the signal, unless it has ended, and resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Removes the folder for temporary files. */
  remove(): void;
}

/** Starts it on a free port without a browser; `data` as its option. */
export function startDemo({ data }: { data?: string } = {}): RunningDemo {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-of-demo-'));
  const options = ['--no-open', '--port', '0', ...(data === undefined ? [] : ['--data', data])];
  const child = spawn(process.execPath, [main, 'demo', ...options], {
    env: { PATH: process.env['PATH'], TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close') as Promise<[number | null]>;
  const shown = async (): Promise<URL> => {
    const link = await until('the link of the demo', () => /http:\/\/localhost\S+/.exec(output)?.[0], {
      timeoutMs: 180_000,
    });
    const url = new URL(link);
    const [made = ''] = readdirSync(folder);
    letIn(url.origin, path.join(data ?? path.join(folder, made), 'local.token'));
    return url;
  };
  const early = async (): Promise<never> => {
    const [code] = await ended;
    throw new Error(`The demo ended with ${code} before it showed its link:\n${output}`);
  };
  return {
    pid: child.pid as number,
    link: () => Promise.race([shown(), early()]),
    output: () => output,
    temporary: () => readdirSync(folder),
    end: async (signal) => {
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
