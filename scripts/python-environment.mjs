// A Python with some packages, in the cache: made once for each list of packages, by Debian's python3-venv and pip.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from './cache-folder.mjs';

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (error) throw new Error(`${command} could not be started (${error.message}); install python3 and python3-venv.`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${status}.`);
}

/** The path of its `python`. Another list of packages needs another name. */
export function pythonEnvironment(name, packages) {
  const folder = path.join(cacheFolder, name);
  const python = path.join(folder, 'bin', 'python');
  const done = path.join(folder, 'complete');
  if (existsSync(done)) return python;
  rmSync(folder, { recursive: true, force: true });
  run('python3', ['-m', 'venv', folder]);
  run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
  run('touch', [done]);
  return python;
}
