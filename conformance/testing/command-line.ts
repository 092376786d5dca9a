import { spawn } from 'node:child_process';
import path from 'node:path';
import { tokenFileOf } from './let-in.js';

/** The compiled command line. Tests and benches are started in the project's own folder, by npm. */
export const main = path.resolve('dist/cli/main.js');

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

const TIMEOUT_MS = 150_000;

/** What lets a command into the servers that the test has started. */
export function tokenOptions(args: readonly string[]): string[] {
  return ['--url', '--from', '--to'].flatMap((option) => {
    const at = args.indexOf(option);
    const file = at < 0 ? undefined : tokenFileOf(args[at + 1] ?? '');
    return file === undefined ? [] : [option === '--url' ? '--token-file' : `${option}-token-file`, file];
  });
}

/**
 * Runs one command of the compiled command line to its end, 150 s at most unless told. `env` is its whole environment but for PATH. It is
 * let into the servers that the test has started.
 */
export async function runCommand(
  args: string[],
  env: Record<string, string> = {},
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [main, ...args, ...tokenOptions(args)], {
    env: { PATH: process.env['PATH'], MIN_FREE_BYTES: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

/** What a command that has to succeed prints to standard output. Throws when it fails, with what it said. */
export async function done(running: Promise<CommandResult>): Promise<string> {
  const { code, stdout, stderr } = await running;
  if (code !== 0) throw new Error(`A command ended with ${code}: ${stderr}`);
  return stdout;
}
