import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The folder that holds this program's `package.json`, whether the code runs from `src/` (tests), `dist/` or `build/`: where
 * `contracts/`, `scripts/` and `viewer/` lie.
 */
export const PROJECT_ROOT = nearestPackage(import.meta.dirname);

function nearestPackage(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : nearestPackage(path.dirname(folder));
}
