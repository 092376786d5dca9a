// The modules that the server needs while it runs, and nothing of them that only other platforms or compilers read.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const LOCKED = ['package.json', 'package-lock.json', '.npmrc'];
/** Sources of compilers, what only debuggers and editors read, and pages of documentation that fetch from elsewhere. */
const UNUSED = /\.(html|map|ts|mts|cts|flow|gyp|gypi|c|cc|cpp|h|hpp|o|tsbuildinfo)$/;
const UNUSED_FOLDERS = new Set(['deps', '.github']);
/** Links to programs of the modules. */
const LINKS = '.bin';

/** Installs them into `folder/node_modules`, as package-lock.json has them, and sees that the native ones load in `node`. */
export function installProductionModules(folder, { root, node }) {
  for (const name of LOCKED) copyFileSync(path.join(root, name), path.join(folder, name));
  execFileSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--silent'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, NODE_ENV: '' },
  });
  const modules = path.join(folder, 'node_modules');
  rmSync(path.join(modules, '.package-lock.json'));
  const [system, cpu] = [process.platform, process.arch];
  for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory() ? isOfOthers(file, entry.name, `${system}-${cpu}`) : isUnused(file, entry.name))
      rmSync(file, { recursive: true, force: true });
  }
  const load = [
    'libsql',
    'sharp',
    'classic-level',
    'keccak/bindings.js',
    'secp256k1/bindings.js',
    '@node-rs/argon2',
  ].map((name) => `require(${JSON.stringify(name)});`);
  execFileSync(node, ['-e', load.join('')], { cwd: folder, stdio: ['ignore', 2, 2] });
  for (const name of LOCKED.slice(1)) rmSync(path.join(folder, name));
}

/** A native module for other machines, or a source folder of one. */
function isOfOthers(folder, name, platform) {
  if (path.basename(path.dirname(folder)) === 'prebuilds') return name !== platform;
  if (name === LINKS) return true;
  if (UNUSED_FOLDERS.has(name)) return isPackage(path.dirname(folder));
  return /-musl$/.test(name) && isPackage(folder);
}

const isUnused = (file, name) => name.startsWith('.') || UNUSED.test(name) || name.endsWith('.musl.node');

function isPackage(folder) {
  try {
    return typeof JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).name === 'string';
  } catch {
    return false;
  }
}
