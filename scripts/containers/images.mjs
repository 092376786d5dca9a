import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';

/**
 * Builds both targets of docker/Dockerfile as it is, under the names that the compose files use.
 * What it builds on is given by digest. Authorities, and what npm and Go have fetched before, are lent by the machine for the build.
 */
export function buildImages({ folder, env, images }) {
  const authorities = '/etc/ssl/certs/ca-certificates.crt';
  const npmrc = path.join(folder, 'npmrc');
  writeFileSync(npmrc, `cafile=${authorities}\n`);
  const caches = {
    [run('npm', ['config', 'get', 'cache'])]: '/root/.npm',
    [run('go', ['env', 'GOMODCACHE'])]: '/go/pkg/mod',
    [run('go', ['env', 'GOCACHE'])]: '/root/.cache/go-build',
  };
  for (const from of Object.keys(caches)) mkdirSync(from, { recursive: true });
  const lent = [
    `${authorities}:${authorities}:ro`,
    `${npmrc}:/usr/local/etc/npmrc:ro`,
    // What the build writes there is thrown away.
    ...Object.entries(caches).map(([from, to]) => `${from}:${to}:O`),
  ];
  for (const target of ['node', 'site']) {
    const name = target === 'node' ? 'dicom-ledger-node' : 'dicom-ledger';
    console.error(`Building ${name} ...`);
    run(
      'buildah',
      [
        ...['bud', '--layers', '--format', 'docker', '--pull-never', '--network', 'host', '--quiet'],
        ...['--target', target, '--tag', `localhost/${name}`, '--file', 'docker/Dockerfile'],
        ...Object.entries(images).flatMap(([arg, image]) => ['--build-arg', `${arg}=${image}`]),
        ...lent.flatMap((volume) => ['--volume', volume]),
        '.',
      ],
      { env },
    );
  }
  // What is left of earlier builds. The steps of this one stay: what has not changed is not built again.
  run('podman', ['image', 'prune', '--force', '--filter', 'until=24h'], { env, quiet: true });
}
