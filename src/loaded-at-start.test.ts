import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const source = path.dirname(fileURLToPath(import.meta.url));

/** The modules that `file` imports when it is loaded: no types, and nothing that is imported later. */
const loadedBy = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'|^import '([^']+)'/gm)].map(
    ([, named, bare]) => named ?? bare ?? '',
  );

/** All modules of packages that are loaded with these files of ours. */
function packagesLoadedBy(files: readonly string[]): Set<string> {
  const [seen, packages] = [new Set<string>(), new Set<string>()];
  const visit = (file: string): void => {
    if (seen.has(file) || !existsSync(file)) return;
    seen.add(file);
    for (const name of loadedBy(file)) {
      if (name.startsWith('.')) visit(path.resolve(path.dirname(file), name.replace(/\.js$/, '.ts')));
      else if (!name.startsWith('node:')) packages.add(name);
    }
  };
  files.forEach((file) => visit(path.join(source, file)));
  return packages;
}

describe('What "serve" loads before it listens', () => {
  const loaded = packagesLoadedBy(['cli/main.ts', 'main.ts', 'app.ts']);

  it('is the server', () => {
    expect([...loaded]).toEqual(expect.arrayContaining(['commander', 'express', 'libsql', 'ethers/abi']));
  });

  it.each(['dcmjs', 'ethers', 'ethers/wallet', 'jose', 'oidc-provider', 'openid-client', 'pg', 'undici'])(
    'is not %s, which is loaded where it is used',
    (name) => {
      expect(loaded).not.toContain(name);
    },
  );
});
