import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const reportsFolder = path.resolve('../shared/data/reports');

/**
 * For tests: files that users of other software reported, beside the checkout, and what a test has made of the same kind. Where the folder
 * is absent, only that.
 */
export function filesOfKind(name: string, made: Buffer | readonly Buffer[]): Buffer[] {
  const file = path.join(reportsFolder, `${name}.dcm`);
  return [...(Buffer.isBuffer(made) ? [made] : made), ...(existsSync(file) ? [readFileSync(file)] : [])];
}
