import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';

const MIRROR = 'http://deb.debian.org/debian';

/** The folder of a Debian 12 (bookworm, minbase): the one in the cache, else one that debootstrap makes there, as root. */
export function minbase(cache) {
  return madeOnce(path.join(cache, 'debian-bookworm-minbase-1'), (folder) => {
    run('debootstrap', ['--variant=minbase', 'bookworm', folder, MIRROR]);
    // The packages are installed, and these are what they were installed from.
    for (const left of ['var/cache/apt/archives', 'var/lib/apt/lists']) {
      rmSync(path.join(folder, left), { recursive: true });
      mkdirSync(path.join(folder, left, 'partial'), { recursive: true });
    }
  });
}

/** The folder of the same Debian with more packages: `folder`, unless it is there already. */
export const minbaseWith = (cache, folder, packages) =>
  madeOnce(folder, (unfinished) => {
    run('cp', ['--archive', '--no-target-directory', minbase(cache), unfinished]);
    install(unfinished, packages);
  });

/** Installs packages into the Debian that lies in a folder. */
export function install(folder, packages) {
  // Within processes of its own, which are gone afterwards, whatever the packages' scripts start.
  const inside = ['--mount', '--pid', '--fork', '--kill-child', `--root=${folder}`, '--mount-proc'];
  const apt = (...args) =>
    run('unshare', [...inside, 'apt-get', '-qq', '--no-install-recommends', '-y', ...args], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      quiet: true,
    });
  apt('update');
  apt('install', ...packages);
  apt('clean');
}

/** A folder that appears whole: another process may want the same one. */
function madeOnce(folder, make) {
  if (existsSync(folder)) return folder;
  console.error(`Making a Debian 12 in ${folder}: a minute, once.`);
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(path.dirname(folder), { recursive: true });
  try {
    make(unfinished);
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
