// Prints the folder with the build of dicom-microscopy-viewer, for tests: the one in the cache, else from the npm registry, checked
// against the pinned digest. As a dependency it would bring 43 packages of 93 MB; the build has what it needs of them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from './cache-folder.mjs';

const version = '0.48.24';
const sha512 = '016o/23eNqXMxgX5EjnDmFz1ROSMQmU7vmRlTVPUgshl6NaBrZzEyWkzq4BNaFFPfrE274AWdR5crW51cWh+9g==';
const folder = path.join(cacheFolder, `dicom-microscopy-viewer-${version}`);

if (!existsSync(folder)) {
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  console.error(`Getting dicom-microscopy-viewer ${version} (8 MB, once) into ${folder} ...`);
  execFileSync(
    'npm',
    ['pack', `dicom-microscopy-viewer@${version}`, '--silent', '--ignore-scripts', '--pack-destination', unfinished],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const archive = path.join(unfinished, `dicom-microscopy-viewer-${version}.tgz`);
  const digest = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (digest !== sha512) throw new Error(`dicom-microscopy-viewer ${version} has SHA-512 ${digest}, not ${sha512}.`);
  const build = 'package/dist/dynamic-import';
  execFileSync('tar', ['-xzf', archive, '-C', unfinished, '--strip-components=3', '--exclude=*.map', build]);
  rmSync(archive);
  renameSync(unfinished, folder);
}
console.log(folder);
