import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';

const MODULE = 'github.com/docker/compose/v2';
const VERSION = 'v2.40.3';

/** The path of Docker's own compose: the one in the cache, else one that is built there from the Go module proxy, in 2 to 4 minutes. */
export function dockerCompose(cache) {
  const folder = path.join(cache, `compose-${VERSION}`);
  const built = path.join(folder, 'docker-compose');
  if (existsSync(built)) return built;
  console.error(`Building Docker's compose ${VERSION} into ${folder}: 2 to 4 minutes, once.`);
  mkdirSync(folder, { recursive: true });
  // Its go.mod replaces and excludes modules, so that "go install" does not take it.
  const work = mkdtempSync(path.join(cache, 'building-compose-'));
  try {
    const { Dir } = JSON.parse(run('go', ['mod', 'download', '-json', `${MODULE}@${VERSION}`], { cwd: work }));
    const source = path.join(work, 'source');
    cpSync(Dir, source, { recursive: true });
    run('chmod', ['-R', 'u+w', source]);
    const unfinished = path.join(work, 'docker-compose');
    run('go', ['build', '-trimpath', '-buildvcs=false', '-o', unfinished, './cmd'], { cwd: source });
    renameSync(unfinished, built);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return built;
}
