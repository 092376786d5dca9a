import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';

const MIRROR = 'http://deb.debian.org/debian';

/** The folder of a Debian 12 (bookworm, minbase): the one in the cache, else one that debootstrap makes there, as root. */
export function minbase(cache) {
  const folder = path.join(cache, 'debian-bookworm-minbase-1');
  if (existsSync(folder)) return folder;
  console.error(`Making a Debian 12 in ${folder}: a minute, once.`);
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  run('debootstrap', ['--variant=minbase', 'bookworm', unfinished, MIRROR]);
  // The packages are installed, and these are what they were installed from.
  for (const left of ['var/cache/apt/archives', 'var/lib/apt/lists']) {
    rmSync(path.join(unfinished, left), { recursive: true });
    mkdirSync(path.join(unfinished, left, 'partial'), { recursive: true });
  }
  renameSync(unfinished, folder);
  return folder;
}
