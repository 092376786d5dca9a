import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';

/** The folder of programs with kubernetes-validate, which brings Kubernetes' schemas along, and a Python that reads YAML. */
export function kubernetesValidate(cache) {
  const folder = path.join(cache, 'kubernetes-validate-1.37.0');
  const done = path.join(folder, 'complete');
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    run('python3', ['-m', 'venv', folder]);
    run(path.join(folder, 'bin/pip'), ['install', '--quiet', 'kubernetes-validate==1.37.0']);
    run('touch', [done]);
  }
  return path.join(folder, 'bin');
}
