import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const SUM = 'h1:U7sSGYGo4SPjP6iNIifNoyIAiNjrmQkz6EwQG+/EZWo=';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-build-geth-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the script with a Go that gives this for the module. */
function build({ go, GETH = '' }: { go?: object; GETH?: string }) {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  if (go) writeFileSync(path.join(bin, 'go'), `#!/bin/sh\necho '${JSON.stringify(go)}'\n`, { mode: 0o755 });
  const environment = { PATH: bin, XDG_CACHE_HOME: path.join(folder, 'cache'), GETH };
  const { status, stderr, stdout } = spawnSync(process.execPath, ['scripts/build-geth.mjs'], {
    env: environment,
    encoding: 'utf8',
  });
  return {
    status,
    stdout,
    said: stderr
      .split('\n')
      .slice(GETH === '' ? 1 : 0)
      .join('\n'),
  };
}

/** A module that has this in the place where the version stands. */
function source(version: string): string {
  const module = path.join(folder, 'module');
  mkdirSync(path.join(module, 'params'), { recursive: true });
  writeFileSync(path.join(module, 'params', 'version.go'), version);
  return module;
}

describe('scripts/build-geth.mjs', () => {
  it.each([
    ['is not there', 'VersionMeta = "other"\n', 0],
    ['is there twice', 'VersionMeta  = "stable"\nVersionMeta  = "stable"\n', 2],
  ])('builds nothing where a line that it changes %s, and says which', (_, version, times) => {
    const { status, said } = build({ go: { Dir: source(version), Sum: SUM } });
    expect(status).toBe(1);
    expect(said).toBe(
      `The edit for "the edition" wants these lines once in params/version.go, and they are there ${times} times:\nVersionMeta  = "stable"\n`,
    );
    expect(readdirSync(path.join(folder, 'cache', 'dicom-ledger'))).toEqual([]);
  });

  it('takes no module with another sum', () => {
    const { status, said } = build({ go: { Dir: source(''), Sum: 'h1:other' } });
    expect(status).toBe(1);
    expect(said).toMatch(/has the sum h1:other, not h1:U7sS.*: what GOPROXY gives is another one\./);
  });

  it('says what to do without the module, without Go, and with a GETH that is not there', () => {
    expect(build({ go: { Error: 'no such host' } }).said).toMatch(/could not fetch .*no such host.*GOPROXY/);
    rmSync(path.join(folder, 'bin'), { recursive: true });
    expect(build({}).said).toMatch(/Go could not be started .*install Go 1\.21 or later, or set GETH\./);
    rmSync(path.join(folder, 'bin'), { recursive: true });
    const missing = path.join(folder, 'missing');
    expect(build({ GETH: missing }).said).toBe(`GETH is ${missing}, but there is no such file.\n`);
  });
});
