import { spawn } from 'node:child_process';
import path from 'node:path';
import { tokenOptions } from '../conformance/testing/command-line.js';
import { PROJECT_ROOT } from '../src/base/project-root.js';

const MAIN = path.join(PROJECT_ROOT, 'dist', 'cli', 'main.js');

/** Runs a command of the compiled `dicom-ledger` to its end: its exit code, and the lines of its standard output. */
export function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; lines: string[] }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args, ...tokenOptions(args)], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
    child.once('close', (code) => resolve({ code, lines: text.trim().split('\n') }));
  });
}
