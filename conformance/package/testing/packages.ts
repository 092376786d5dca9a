import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const { version: VERSION } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
/** Of a package that differs from the other one in its version alone. */
export const NEXT_VERSION = `${VERSION}+next`;

/** What `npm run package` has left. */
export const madePackage = (): string => path.resolve('build/package', fileName(VERSION));

/** Builds both versions into `folder`. */
export function buildPackages(folder: string): { same: string; next: string } {
  const versions = [VERSION, NEXT_VERSION].flatMap((version) => ['--version', version]);
  execFileSync(process.execPath, ['scripts/package/build.mjs', '--output', folder, ...versions], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { same: path.join(folder, fileName(VERSION)), next: path.join(folder, fileName(NEXT_VERSION)) };
}

function fileName(version: string): string {
  const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  return `dicom-ledger_${version}_${architecture}.deb`;
}
