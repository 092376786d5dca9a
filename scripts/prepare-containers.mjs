// Prepares what `npm run test:containers` needs, once, in the cache: settings of podman and buildah of their own, and stand-ins for
// the images that docker/Dockerfile builds on, which no registry gives here. Prints, as JSON, the environment by which podman finds
// all that, and the images by digest. Needs root, and Debian's podman, buildah, runc and debootstrap.
import { mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { engineSettings } from './containers/engine.mjs';
import { standIns } from './containers/stand-ins.mjs';

const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'dicom-ledger');
const folder = path.join(cache, 'containers-1');

try {
  mkdirSync(folder, { recursive: true });
  const env = engineSettings(folder);
  console.log(JSON.stringify({ folder, env, images: standIns(cache, env) }));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
