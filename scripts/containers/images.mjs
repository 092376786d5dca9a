import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';

/**
 * Builds both targets of docker/Dockerfile as it is, under the names that the compose files use, and returns how long each took.
 * What it builds on is given by digest. Authorities, and what npm and Go have fetched before, are lent by the machine for the build.
 */
export function buildImages({ folder, env, images }) {
  const authorities = '/etc/ssl/certs/ca-certificates.crt';
  const npmrc = path.join(folder, 'npmrc');
  writeFileSync(npmrc, `cafile=${authorities}\n`);
  const lent = {
    [`${authorities}`]: `${authorities}:ro`,
    [npmrc]: '/usr/local/etc/npmrc:ro',
    [run('npm', ['config', 'get', 'cache'])]: '/root/.npm:O',
    [run('go', ['env', 'GOMODCACHE'])]: '/go/pkg/mod:O',
    [run('go', ['env', 'GOCACHE'])]: '/root/.cache/go-build:O',
  };
  for (const target of ['node', 'site']) {
    const name = target === 'node' ? 'dicom-ledger-node' : 'dicom-ledger';
    console.error(`Building ${name} ...`);
    run(
      'buildah',
      [
        ...['bud', '--layers', '--format', 'docker', '--pull-never', '--network', 'host', '--quiet'],
        ...['--target', target, '--tag', `localhost/${name}`, '--file', 'docker/Dockerfile'],
        ...Object.entries(images).flatMap(([arg, image]) => ['--build-arg', `${arg}=${image}`]),
        ...Object.entries(lent).flatMap(([from, to]) => ['--volume', `${from}:${to}`]),
        '.',
      ],
      { env },
    );
  }
  // Of earlier builds.
  run('podman', ['image', 'prune', '--force'], { env, quiet: true });
}
