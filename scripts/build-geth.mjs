// Prints the path of a geth that seals Clique: $GETH, else the one in the cache, else one that is built there.
// v1.13.15 is the last release that seals Clique; Go 1.23 and later need -checklinkname=0 to link it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const version = 'v1.13.15';
const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache');
const folder = path.join(cache, 'dicom-ledger', `geth-${version}`);
const built = path.join(folder, 'geth');

function geth() {
  const given = process.env.GETH;
  if (given) {
    if (existsSync(given)) return given;
    throw new Error(`GETH is ${given}, but there is no such file.`);
  }
  if (!existsSync(built)) build();
  return built;
}

function build() {
  mkdirSync(folder, { recursive: true });
  console.error(`Building geth ${version} into ${folder}: 3 to 5 minutes, once.`);
  const source = `github.com/ethereum/go-ethereum/cmd/geth@${version}`;
  const { status, error } = spawnSync('go', ['install', '-v', '-ldflags=-checklinkname=0', source], {
    env: { ...process.env, GOBIN: folder },
    stdio: ['ignore', 2, 2],
  });
  if (error) throw new Error(`Go could not be started (${error.message}): install Go 1.21 or later, or set GETH.`);
  if (status !== 0 || !existsSync(built)) throw new Error(`go install ended with status ${status}.`);
}

try {
  console.log(geth());
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
