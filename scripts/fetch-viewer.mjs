// Gets the OHIF viewer's prebuilt files into viewer/, once: from the npm registry, checked against the pinned digest.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const version = '3.13.2';
const sha512 = 'WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA==';
const folder = path.resolve(import.meta.dirname, '..', 'viewer');
const marker = path.join(folder, '.version');

/** Never asked for by a browser: source maps, and the runtime of AI models (110 MB) that no mode of ours uses. */
const left = ['*.map', 'package/dist/ort'];

if (existsSync(marker) && readFileSync(marker, 'utf8') === version) process.exit(0);

const work = mkdtempSync(path.join(tmpdir(), 'viewer-'));
try {
  console.log(`Getting the viewer, @ohif/app ${version} (50 MB, once) ...`);
  execFileSync('npm', ['pack', `@ohif/app@${version}`, '--silent', '--pack-destination', work], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const archive = path.join(work, `ohif-app-${version}.tgz`);
  const digest = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (digest !== sha512) throw new Error(`@ohif/app ${version} has SHA-512 ${digest}, not the pinned ${sha512}`);
  execFileSync('tar', ['-xzf', archive, '-C', work, ...left.map((name) => `--exclude=${name}`), 'package/dist']);
  writeFileSync(path.join(work, 'package/dist/.version'), version);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.dirname(folder), { recursive: true });
  try {
    renameSync(path.join(work, 'package/dist'), folder);
  } catch {
    execFileSync('cp', ['-r', path.join(work, 'package/dist'), folder]); // another file system
  }
  console.log(`The viewer is in ${folder}.`);
} catch (error) {
  console.error(
    `The viewer could not be fetched: ${error.message}. The server starts without it; run "node scripts/fetch-viewer.mjs" again later.`,
  );
  if (process.env.CI) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
