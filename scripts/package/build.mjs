// Makes dicom-ledger_<version>_<architecture>.deb in build/package and prints its path: the server with a Node of its own, its
// modules, the viewer, and geth. Nothing is fetched or compiled when it is installed. The same sources give the same bytes, with
// the time of the last commit, or of SOURCE_DATE_EPOCH, as the time of every file.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { billOfMaterials } from './bill-of-materials.mjs';
import { copyrightText } from './copyright.mjs';
import { NODE_VERSION, nodeRuntime } from './node-runtime.mjs';
import { installProductionModules } from './production-modules.mjs';
import { settingsText } from './settings-file.mjs';

const here = import.meta.dirname;
const root = path.resolve(here, '..', '..');
const project = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

const MAINTAINER = 'The contributors of dicom-ledger <dicom-ledger@example.invalid>';
/** What is started by its name, in the tree of the package; modules have scripts that nobody starts. */
const PROGRAMS = /^usr\/(bin\/.*|lib\/dicom-ledger\/bin\/(node|geth))$|^DEBIAN\/(postinst|prerm|postrm)$/;

const { values: given } = parseArgs({
  options: {
    // Several times: one package each, which differ in nothing else. "0.2.0-rc.1" is older than "0.2.0": Debian says so with "~".
    version: { type: 'string', multiple: true, default: [project.version.replace('-', '~')] },
    output: { type: 'string', default: path.join(root, 'build', 'package') },
  },
});

process.umask(0o022);
const work = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-package-'));
try {
  const tree = path.join(work, 'root');
  const parts = await lay(tree);
  for (const version of given.version) console.log(pack(tree, { ...parts, version }));
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Everything that does not depend on the version. */
async function lay(tree) {
  const architecture = run('dpkg', ['--print-architecture']);
  const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? run('git', ['log', '-1', '--format=%ct'], { cwd: root }));
  const home = path.join(tree, 'usr/lib/dicom-ledger');
  const documents = path.join(tree, 'usr/share/doc/dicom-ledger');
  const geth = run('node', [path.join(root, 'scripts/build-geth.mjs')], { stdio: ['ignore', 'pipe', 2] });
  const runtime = nodeRuntime(architecture);
  run('node', [path.join(root, 'scripts/fetch-viewer.mjs')], { env: { ...process.env, CI: 'true' } });

  mkdirSync(path.join(home, 'bin'), { recursive: true });
  mkdirSync(documents, { recursive: true });
  copyFileSync(path.join(runtime, 'bin/node'), path.join(home, 'bin/node'));
  copyFileSync(path.join(runtime, 'LICENSE'), path.join(home, 'bin/LICENSE.node'));
  copyFileSync(geth, path.join(home, 'bin/geth'));
  for (const program of ['node', 'geth']) chmodSync(path.join(home, 'bin', program), 0o755);
  installProductionModules(home, { root, node: path.join(home, 'bin/node') });
  for (const name of ['dist', 'contracts/released', 'viewer', 'LICENSE', 'scripts/build-geth.mjs', 'scripts/geth'])
    copy(name, path.join(home, name));

  cpSync(path.join(here, 'files'), tree, { recursive: true });
  const { SETTINGS } = await import(path.join(root, 'dist/config.js'));
  writeFileSync(path.join(tree, 'etc/dicom-ledger/dicom-ledger.conf'), settingsText(SETTINGS), { flag: 'a' });
  const manual = path.join(tree, 'usr/share/man/man1/dicom-ledger.1');
  writeFileSync(`${manual}.gz`, gzipSync(readFileSync(manual), { level: 9 }));
  rmSync(manual);

  writeFileSync(path.join(documents, 'copyright'), copyrightText(path.join(home, 'node_modules')));
  writeFileSync(
    path.join(documents, 'CHANGELOG.md.gz'),
    gzipSync(readFileSync(path.join(root, 'CHANGELOG.md')), { level: 9 }),
  );
  copy('docs/operations', path.join(documents, 'operations'));
  copy('docker/GETH-SOURCE.md', path.join(documents, 'GETH-SOURCE.md'));
  const components = [
    { name: 'node', version: NODE_VERSION, purl: `pkg:generic/node@${NODE_VERSION}` },
    {
      name: 'geth',
      version: run(geth, ['version'], { env: {}, stdio: ['ignore', 'pipe', 2] }).match(/^Version: (.*)$/m)[1],
    },
    { name: '@ohif/app', version: readFileSync(path.join(home, 'viewer/.version'), 'utf8') },
  ];
  return { architecture, seconds, bill: billOfMaterials({ root, seconds, components }) };
}

/** Writes what has the version in it, with DEBIAN/, and packs. */
function pack(tree, { architecture, seconds, bill, version }) {
  writeFileSync(path.join(tree, 'usr/lib/dicom-ledger/package.json'), manifest(version));
  writeFileSync(path.join(tree, 'usr/share/doc/dicom-ledger/sbom.cdx.json'), bill(version));
  writeFileSync(
    path.join(tree, 'usr/share/doc/dicom-ledger/changelog.gz'),
    gzipSync(debianChangelog({ version, seconds }), { level: 9 }),
  );
  rmSync(path.join(tree, 'DEBIAN'), { recursive: true, force: true });
  const files = filesIn(tree);
  const control = path.join(tree, 'DEBIAN');
  mkdirSync(control);
  const values = {
    VERSION: version,
    ARCHITECTURE: architecture,
    INSTALLED_SIZE: Math.ceil(files.reduce((sum, file) => sum + statSync(path.join(tree, file)).size, 0) / 1024),
    GLIBC: newestGlibc(files.map((file) => path.join(tree, file))),
    NODE: NODE_VERSION,
    MAINTAINER,
  };
  const text = readFileSync(path.join(here, 'debian/control'), 'utf8');
  writeFileSync(
    path.join(control, 'control'),
    text.replaceAll(/@([A-Z_]+)@/g, (_, name) => values[name]),
  );
  for (const script of ['postinst', 'prerm', 'postrm'])
    copyFileSync(path.join(here, 'debian', script), path.join(control, script));
  const settings = files.filter((file) => file.startsWith('etc/'));
  writeFileSync(path.join(control, 'conffiles'), settings.map((file) => `/${file}\n`).join(''));
  const sums = files
    .filter((file) => !settings.includes(file))
    .map((file) => `${md5(path.join(tree, file))}  ${file}\n`);
  writeFileSync(path.join(control, 'md5sums'), sums.join(''));

  for (const name of ['', ...readdirSync(tree, { recursive: true })]) {
    const file = path.join(tree, name);
    const found = statSync(file);
    const isRun = found.isDirectory() || PROGRAMS.test(name);
    chmodSync(file, isRun ? 0o755 : 0o644);
    lutimesSync(file, seconds, seconds);
  }
  mkdirSync(given.output, { recursive: true });
  const file = path.join(given.output, `dicom-ledger_${version}_${architecture}.deb`);
  // zstd: a tenth of the time of xz, and a fifth more bytes. Debian 12 and later read it.
  run('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z9', '--build', tree, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(seconds) },
  });
  return file;
}

function copy(name, target) {
  cpSync(path.join(root, name), target, {
    recursive: true,
    dereference: true,
    filter: (source) => !/\.(map|d\.ts|tsbuildinfo)$/.test(source),
  });
}

/** What the server reads of package.json, and nothing about how it is built. */
function manifest(version) {
  const { name, description, license, type, bin, dependencies } = project;
  return `${JSON.stringify({ name, version, description, license, private: true, type, bin, dependencies }, undefined, 2)}\n`;
}

/** In Debian's form, which tools of Debian read: what has changed stands in ours. */
function debianChangelog({ version, seconds }) {
  const date = new Date(seconds * 1000).toUTCString().replace('GMT', '+0000');
  return `dicom-ledger (${version}) stable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n -- ${MAINTAINER}  ${date}\n`;
}

/** The newest version of glibc that one of the programs asks for (symbol versions, "GLIBC_2.34"). */
function newestGlibc(files) {
  const programs = files.filter((file) => /\.node$|\.so(\.|$)|\/bin\/(node|geth)$/.test(file));
  const minors = programs.flatMap((file) =>
    [...readFileSync(file, 'latin1').matchAll(/\0GLIBC_2\.(\d+)(?=[.\0])/g)].map(([, minor]) => Number(minor)),
  );
  return `2.${Math.max(...minors)}`;
}

function filesIn(tree) {
  return readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(tree, path.join(entry.parentPath, entry.name)))
    .sort();
}

function md5(file) {
  return createHash('md5').update(readFileSync(file)).digest('hex');
}

function run(command, parameters, options = {}) {
  return execFileSync(command, parameters, { encoding: 'utf8', ...options }).trim();
}
