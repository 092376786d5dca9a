// Sees that the packages with a native part have one for this machine, and builds it where the package brings none. They are
// the only packages whose install script ever runs (.npmrc); package.json names them a second time for npm 11 (allowScripts).
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const NATIVE = { 'classic-level': 'classic-level', keccak: 'keccak/bindings.js', secp256k1: 'secp256k1/bindings.js' };

const missing = Object.entries(NATIVE).filter(([, module]) => {
  try {
    require(module);
    return false;
  } catch {
    return true;
  }
});

if (missing.length > 0) {
  const names = missing.map(([name]) => name);
  console.error(`No prebuilt binary for this machine: ${names.join(', ')}. Building.`);
  const { status } = spawnSync('npm', ['rebuild', ...names, '--ignore-scripts=false'], { stdio: 'inherit' });
  // node-gyp-build reports success also where nothing could be built.
  for (const [, module] of missing) require(module);
  process.exitCode = status ?? 1;
}
