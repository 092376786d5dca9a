// Prints the folder of a small Debian 12 with systemd, from which tests start clean machines: the one in the cache, else one that
// Debian's debootstrap makes there. Needs root, as containers with systemd in them do.
import os from 'node:os';
import path from 'node:path';
import { minbaseWith } from './containers/minbase.mjs';

/** To be counted up when what is in it changes. */
const edition = 2;
const packages = ['systemd-sysv', 'dbus', 'logrotate'];
const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'dicom-ledger');

try {
  console.log(minbaseWith(cache, path.join(cache, `debian-bookworm-systemd-${edition}`), packages));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
