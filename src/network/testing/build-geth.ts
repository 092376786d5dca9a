import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { PROJECT_ROOT } from '../../base/project-root.js';

/** The path of the geth that tests run: `GETH`, else ours, which is built where it is not there yet. */
export const gethUnderTest = (): string => run([], process.env);

/** What `scripts/build-geth.mjs` with these options makes, whatever `GETH` names. */
export const buildGeth = (...options: string[]): string => run(options, { ...process.env, GETH: '' });

function run(options: readonly string[], env: NodeJS.ProcessEnv): string {
  const script = path.join(PROJECT_ROOT, 'scripts/build-geth.mjs');
  const stdio: ('ignore' | 'pipe' | 'inherit')[] = ['ignore', 'pipe', 'inherit'];
  return execFileSync(process.execPath, [script, ...options], { env, encoding: 'utf8', stdio }).trim();
}
