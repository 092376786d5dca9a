// Prepares what `npm run test:containers` needs and builds the images of this checkout: settings of podman and buildah of their own,
// stand-ins for the images that docker/Dockerfile builds on, which no registry gives here, and Docker's compose. All but the images
// is made once, in the cache. Needs root, Go, and Debian's podman, buildah, runc and debootstrap. Writes where all is to
// prepared.json in the folder that it prints. With --without-images it makes only what is made once.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from './cache-folder.mjs';
import { dockerCompose } from './containers/compose.mjs';
import { engineSettings } from './containers/engine.mjs';
import { buildImages } from './containers/images.mjs';
import { kubernetesValidate } from './containers/kubernetes-validate.mjs';
import { standIns } from './containers/stand-ins.mjs';

const folder = path.join(cacheFolder, 'containers-1');

try {
  mkdirSync(folder, { recursive: true });
  const env = engineSettings(folder);
  const prepared = {
    folder,
    env,
    compose: dockerCompose(cacheFolder),
    images: standIns(cacheFolder, env),
    python: kubernetesValidate(),
  };
  if (!process.argv.includes('--without-images')) buildImages(prepared);
  writeFileSync(path.join(folder, 'prepared.json'), JSON.stringify(prepared));
  console.log(folder);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
