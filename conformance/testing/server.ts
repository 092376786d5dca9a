import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { localTokenFile } from '../../src/access/local-token.js';
import { until } from '../../src/base/testing/until.js';
import { authorizationOf, letIn } from './let-in.js';

/** Tests, benches, fuzz and faults are started in the project's own folder, by npm. */
const main = path.resolve('dist/cli/main.js');
const MIN_KEPT_OUTPUT = 1024 * 1024;
/** As `READERS=2 npm test -- conformance` has it, for every server that says nothing else: the same on all machines. */
export const READERS = process.env['READERS'] ?? '0';

/** The compiled server in a process of its own. */
export interface RunningServer {
  /** `http://127.0.0.1:43210`, without a slash at the end. */
  url: string;
  dataFolder: string;
  /** The header that lets a request in as its operator; `fetch` of this process sends it by itself. */
  authorization: { Authorization?: string };
  pid: number;
  /** What it wrote so far; once that is more than 2 MB, the last of it, at least 1 MB. */
  output(): string;
  /** Resolves when the process has ended: its exit code, null when a signal ended it. */
  ended: Promise<number | null>;
  /** Resident memory in bytes: now, and the most since the start. */
  rss(): { nowBytes: number; peakBytes: number };
  /** Sends SIGTERM and resolves with the exit code; removes the data folder unless it was given. */
  stop(): Promise<number | null>;
  /** As a power cut would: SIGKILL. The data folder stays. */
  kill9(): Promise<void>;
}

export interface ServerOptions {
  /** Settings of the server, and nothing else of the environment but PATH. */
  env?: Record<string, string>;
  /** A new temporary folder unless given. */
  dataFolder?: string;
  /** What `/readyz` has to answer before the server counts as started; 200 unless given. */
  readyStatus?: number;
  /** Options of node before the program, as `npm start` has them; none unless given. */
  nodeOptions?: readonly string[];
  /** Is called with each line that the server writes. */
  onLine?: (line: string) => void;
}

/**
 * Starts `dist/cli/main.js serve` on a free port of the loopback and resolves when `/readyz` says so and its readers take
 * connections. Rejects with everything the process wrote when it ends before that.
 */
export async function startServer({
  env = {},
  dataFolder: given,
  readyStatus = 200,
  nodeOptions = [],
  onLine,
}: ServerOptions = {}): Promise<RunningServer> {
  const dataFolder = given ?? mkdtempSync(path.join(tmpdir(), 'dicom-ledger-server-'));
  const child = spawn(process.execPath, [...nodeOptions, main, 'serve'], {
    env: {
      ...{ PATH: process.env['PATH'], MIN_FREE_BYTES: '0', READERS },
      ...{ ...env, PORT: '0', DATA_DIR: dataFolder },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let missingReaders = Number(env['READERS'] ?? READERS);
  const keep = (line: string): void => {
    output += `${line}\n`;
    if (line.includes('"A reader takes connections."')) missingReaders--;
    if (output.length > 2 * MIN_KEPT_OUTPUT) output = output.slice(-MIN_KEPT_OUTPUT);
    onLine?.(line);
  };
  createInterface({ input: child.stderr }).on('line', keep);
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const before = ended.then(([code]) => {
    throw new Error(`The server ended with ${code} before it was ready:\n${output}`);
  });
  const url = await Promise.race([readyUrl(child, keep), before]);
  letIn(url, localTokenFile(dataFolder));
  const ready = until(
    `/readyz to answer ${readyStatus}`,
    async () => (await fetch(`${url}/readyz`)).status === readyStatus,
  );
  await Promise.race([ready, before]);
  const readers = until('the readers to take connections', async () => missingReaders <= 0 || undefined);
  await Promise.race([readers, before]);
  const status = (name: string): number =>
    1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
  return {
    url,
    dataFolder,
    authorization: authorizationOf(url),
    pid: child.pid as number,
    output: () => output,
    ended: ended.then(([code]) => code),
    rss: () => ({ nowBytes: status('VmRSS'), peakBytes: status('VmHWM') }),
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

/** The server that CONFORMANCE_URL names, with the token in CONFORMANCE_TOKEN_FILE, which is left running; or a new one. */
export async function serverUnderTest(): Promise<
  Pick<RunningServer, 'url' | 'authorization'> & { stop(): Promise<unknown> }
> {
  const { CONFORMANCE_URL: given, CONFORMANCE_TOKEN_FILE: tokenFile } = process.env;
  if (given === undefined) return startServer();
  const url = given.replace(/\/+$/, '');
  if (tokenFile !== undefined) letIn(url, tokenFile);
  return { url, authorization: authorizationOf(url), stop: async () => undefined };
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
