import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** The compiled server in a process of its own. */
export interface RunningServer {
  /** `http://127.0.0.1:43210`, without a slash at the end. */
  url: string;
  dataFolder: string;
  pid: number;
  /** Everything that it wrote so far. */
  output(): string;
  /** Resolves when the process has ended: its exit code, null when a signal ended it. */
  ended: Promise<number | null>;
  /** Sends SIGTERM and resolves with the exit code; removes the data folder unless it was given. */
  stop(): Promise<number | null>;
  /** As a power cut would: SIGKILL. The data folder stays. */
  kill9(): Promise<void>;
}

/**
 * Starts `dist/cli/main.js serve` on a free port of the loopback and resolves when `/readyz` says so. `dataFolder` is a new temporary
 * folder unless given; `readyStatus` is what `/readyz` has to answer, 200 unless given. Rejects with everything the process wrote
 * when it ends before that.
 */
export async function startServer({
  env = {},
  dataFolder: given,
  readyStatus = 200,
}: { env?: Record<string, string>; dataFolder?: string; readyStatus?: number } = {}): Promise<RunningServer> {
  const dataFolder = given ?? mkdtempSync(path.join(tmpdir(), 'dicom-ledger-server-'));
  const child = spawn(process.execPath, [main, 'serve'], {
    env: { PATH: process.env['PATH'], MIN_FREE_BYTES: '0', ...env, PORT: '0', DATA_DIR: dataFolder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const url = await Promise.race([
    readyUrl(child, (line) => (output += `${line}\n`)),
    ended.then(([code]) => {
      throw new Error(`The server ended with ${code} before it was ready:\n${output}`);
    }),
  ]);
  while ((await fetch(`${url}/readyz`)).status !== readyStatus) await delay(20);
  return {
    url,
    dataFolder,
    pid: child.pid as number,
    output: () => output,
    ended: ended.then(([code]) => code),
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await ended;
      if (given === undefined) rmSync(dataFolder, { recursive: true, force: true });
      return code;
    },
    kill9: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The server that CONFORMANCE_URL names, which is left running, or a new one. */
export async function serverUnderTest(): Promise<{ url: string; stop(): Promise<unknown> }> {
  const given = process.env['CONFORMANCE_URL'];
  return given === undefined ? startServer() : { url: given.replace(/\/+$/, ''), stop: async () => undefined };
}

/** The URL of the log line that says that the server is ready. */
function readyUrl(child: ChildProcess, keep: (line: string) => void): Promise<string> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      keep(line);
      if (!line.includes('"dicom-ledger is ready."')) return;
      resolve((JSON.parse(line) as { listensAt: string }).listensAt);
    });
  });
}
