import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../base/project-root.js';

const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {
  version: string;
};

/**
 * A strong validator (RFC 9110 §8.8.3), quoted, of everything that makes a representation what it is: digests, media type,
 * coding. Another release of the server may write the same object differently, so its version is always one of them.
 */
export function etagOf(parts: Iterable<string>): string {
  const hash = createHash('sha256').update(version);
  for (const part of parts) hash.update('\0').update(part);
  return `"${hash.digest('base64url').slice(0, 32)}"`;
}
