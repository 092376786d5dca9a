import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../base/project-root.js';
import { LedgerError } from '../errors.js';

/** The path of a geth that seals Clique: `GETH` of the environment, or the one that is built once, its progress on standard error. */
export async function findGeth(): Promise<string> {
  const script = path.join(projectRoot, 'scripts', 'build-geth.mjs');
  const building = promisify(execFile)(process.execPath, [script], { maxBuffer: 2 ** 26 });
  building.child.stderr?.pipe(process.stderr);
  const { stdout } = await building.catch((cause: unknown) => {
    throw new LedgerError('misconfigured', 'There is no geth: what is above says why.', { cause });
  });
  return stdout.trim();
}
