// Prints the folder of a Keycloak to test logins with: $KEYCLOAK, else the one in the cache, else the release that Maven Central has.
// It needs Java 17 or later, and curl and tar.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from './cache-folder.mjs';

const version = '26.7.3';
const sha256 = '77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47';
const url = `https://repo1.maven.org/maven2/org/keycloak/keycloak-quarkus-dist/${version}/keycloak-quarkus-dist-${version}.tar.gz`;
const folder = path.join(cacheFolder, `keycloak-${version}`);

function keycloak() {
  const given = process.env.KEYCLOAK;
  if (given) {
    if (existsSync(path.join(given, 'bin', 'kc.sh'))) return given;
    throw new Error(`KEYCLOAK is ${given}, but there is no bin/kc.sh in it.`);
  }
  if (!existsSync(folder)) fetchInto(folder);
  return folder;
}

function fetchInto(target) {
  const unfinished = `${target}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  console.error(`Fetching Keycloak ${version} (176 MB) into ${target}, once.`);
  const archive = path.join(unfinished, 'keycloak.tar.gz');
  run('curl', ['--fail', '--silent', '--show-error', '--location', '--output', archive, url]);
  const found = createHash('sha256').update(readFileSync(archive)).digest('hex');
  if (found !== sha256) throw new Error(`${url} has the SHA-256 ${found}, not ${sha256}.`);
  run('tar', ['-xzf', archive, '-C', unfinished, '--strip-components=1']);
  rmSync(archive);
  // Once, and not at every start. What a test makes is in memory alone.
  run('sh', [path.join(unfinished, 'bin', 'kc.sh'), 'build', '--db=dev-mem', '--health-enabled=false']);
  renameSync(unfinished, target);
}

function run(command, parameters) {
  const { status, error } = spawnSync(command, parameters, { stdio: ['ignore', 2, 2] });
  if (error) throw new Error(`${command} could not be started (${error.message}); install it.`);
  if (status !== 0) throw new Error(`${command} ended with status ${status}.`);
}

try {
  console.log(keycloak());
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
