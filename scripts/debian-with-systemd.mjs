// Prints the folder of a small Debian 12 with systemd, from which tests start clean machines: the one in the cache, else one that
// Debian's debootstrap makes there. Needs root, as containers with systemd in them do.
import path from 'node:path';
import { cacheFolder } from './cache-folder.mjs';
import { minbaseWith } from './containers/minbase.mjs';

/** To be counted up when what is in it changes. */
const edition = 2;
const packages = ['systemd-sysv', 'dbus', 'logrotate'];

try {
  console.log(minbaseWith(cacheFolder, path.join(cacheFolder, `debian-bookworm-systemd-${edition}`), packages));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
