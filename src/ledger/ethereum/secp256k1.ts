import { createRequire } from 'node:module';
import type * as Secp256k1 from 'secp256k1';
import { LedgerError } from '../../base/errors.js';

let loaded: typeof Secp256k1 | undefined;

/**
 * The native library of that name. The package itself falls back to one in JavaScript (elliptic), of which nobody takes care any
 * more: no key is to be used by that. Throws `misconfigured` where the native one cannot be loaded.
 */
export function secp256k1(): typeof Secp256k1 {
  try {
    loaded ??= createRequire(import.meta.url)('secp256k1/bindings.js') as typeof Secp256k1;
    return loaded;
  } catch (cause) {
    throw new LedgerError(
      'misconfigured',
      'The native part of the package secp256k1 cannot be loaded, and nothing else signs. Install python3, make and g++, and run "npm rebuild secp256k1 --ignore-scripts=false".',
      { cause },
    );
  }
}
