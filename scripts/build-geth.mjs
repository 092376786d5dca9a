// Prints the path of a geth that seals Clique and has the known holes of its peer-to-peer code closed: $GETH, else the one in the
// cache, else one that is built there. v1.13.15 is the last release that seals Clique; Go 1.23 and later need -checklinkname=0.
// Needs this file and scripts/geth, Go 1.21 or later, gcc, and the Go module proxy.
//   --plain   prints the folder of the same build without the edits, for tests: geth, and the peer that tests send frames with
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Raised with every change of scripts/geth. Part of the version that geth tells. */
const EDITION = 'dicomledger.1';
const MODULE = 'github.com/ethereum/go-ethereum';
const VERSION = 'v1.13.15';
/** Of the module, as sum.golang.org has it. */
const SUM = 'h1:U7sSGYGo4SPjP6iNIifNoyIAiNjrmQkz6EwQG+/EZWo=';
const OURS = path.join(path.dirname(fileURLToPath(import.meta.url)), 'geth');

const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'dicom-ledger');

async function geth() {
  const given = process.env.GETH;
  if (given) {
    if (existsSync(given)) return given;
    throw new Error(`GETH is ${given}, but there is no such file.`);
  }
  const folder = path.join(cache, `geth-${VERSION}-${EDITION}`);
  const { editsOf } = await import('./geth/edits.mjs');
  buildOnce(folder, { commands: { 'curve-checks': 'curve_checks.go' }, edits: editsOf(EDITION) });
  return path.join(folder, 'geth');
}

function plain() {
  const folder = path.join(cache, `geth-${VERSION}-plain`);
  buildOnce(folder, {
    commands: { 'curve-checks': 'curve_checks.go', 'stray-answers': 'stray_answers.go' },
    edits: [],
  });
  return folder;
}

/** `commands` are ours, by name, from files of scripts/geth. Nothing is left where a build was ended: the folder appears whole. */
function buildOnce(folder, { commands, edits }) {
  if (existsSync(path.join(folder, 'geth'))) return;
  console.error(`Building geth ${VERSION} into ${folder}: 3 to 5 minutes, once.`);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(path.join(cache, 'building-geth-'));
  try {
    const source = path.join(work, 'source');
    copy(download(work), source);
    for (const one of edits) edit(source, one);
    if (edits.length > 0) {
      put('owed.go', path.join(source, 'p2p/owed'));
      put('items_asked_for.go', path.join(source, 'eth/protocols/eth'));
    }
    for (const [name, file] of Object.entries(commands)) put(file, path.join(source, 'cmd', name));
    const built = path.join(work, 'built');
    mkdirSync(built);
    const packages = ['geth', ...Object.keys(commands)].map((name) => `./cmd/${name}`);
    go(
      ['build', '-v', '-trimpath', '-buildvcs=false', '-ldflags=-checklinkname=0', '-o', `${built}/`, ...packages],
      source,
    );
    rmSync(folder, { recursive: true, force: true });
    renameSync(built, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The module's folder in Go's cache. */
function download(cwd) {
  const { Dir, Sum, Error: error } = JSON.parse(go(['mod', 'download', '-json', `${MODULE}@${VERSION}`], cwd) || '{}');
  if (error || !Dir)
    throw new Error(`Go could not fetch ${MODULE} ${VERSION} (${error ?? 'no answer'}): is GOPROXY reachable?`);
  if (Sum !== SUM)
    throw new Error(
      `The module ${MODULE} ${VERSION} has the sum ${Sum}, not ${SUM}: what GOPROXY gives is another one.`,
    );
  return Dir;
}

/** Go's cache is read-only; this copy is not. */
function copy(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) copy(source, target);
    else {
      copyFileSync(source, target);
      chmodSync(target, 0o644);
    }
  }
}

function edit(source, { hole, file, from, to }) {
  const target = path.join(source, file);
  const text = readFileSync(target, 'utf8');
  const count = text.split(from).length - 1;
  if (count !== 1)
    throw new Error(
      `The edit for "${hole}" wants these lines once in ${file}, and they are there ${count} times:\n${from}`,
    );
  writeFileSync(
    target,
    text.replace(from, () => to),
  );
}

function put(file, folder) {
  mkdirSync(folder, { recursive: true });
  copyFileSync(path.join(OURS, file), path.join(folder, file));
}

/** Its standard output. */
function go(args, cwd) {
  const options = {
    cwd,
    env: { ...process.env, GOWORK: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  };
  const { status, error, stdout } = spawnSync('go', args, options);
  if (error) throw new Error(`Go could not be started (${error.message}): install Go 1.21 or later, or set GETH.`);
  if (status !== 0 && args[0] === 'build') throw new Error(`go build ended with status ${status}.`);
  return stdout;
}

try {
  console.log(process.argv.includes('--plain') ? plain() : await geth());
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
