// Prints the folder of a small Debian 12 with systemd, from which tests start clean machines: the one in the cache, else one that
// Debian's debootstrap makes there. Needs root, as containers with systemd in them do.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** To be counted up when what is in it changes. */
const edition = 1;
const packages = ['systemd-sysv', 'dbus', 'logrotate'];
const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache');
const folder = path.join(cache, 'dicom-ledger', `debian-bookworm-systemd-${edition}`);

if (!existsSync(folder)) {
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(path.dirname(folder), { recursive: true });
  console.error(`Making a Debian 12 in ${folder}: a minute, once.`);
  try {
    const options = ['--variant=minbase', `--include=${packages.join(',')}`, 'bookworm', unfinished];
    execFileSync('debootstrap', options, { stdio: ['ignore', 2, 2] });
    rmSync(path.join(unfinished, 'var/cache/apt/archives'), { recursive: true });
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) {
      console.error(
        `debootstrap failed (${error.message}): install it (apt-get install debootstrap), and run this as root.`,
      );
      process.exit(1);
    }
  }
}
console.log(folder);
