import { spawnSync } from 'node:child_process';

/** Runs a program and returns its standard output, trimmed; what it says otherwise goes to ours. Throws with the words to help. */
export function run(command, args, { env = {}, cwd, quiet = false } = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', quiet ? 'pipe' : 2],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw new Error(`${command} could not be started (${error.message}); install it.`);
  if (status !== 0)
    throw new Error(
      `${command} ${args.join(' ')} ended with status ${status}.\n${quiet ? stderr : stdout.slice(-2000)}`,
    );
  return stdout.trim();
}
