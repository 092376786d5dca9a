import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gethEdition, readGethEdition, requireClosedHoles } from './geth-edition.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-edition-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that prints this when it is asked for its version. */
function program(name: string, prints: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\n[ "$1" = version ] && printf '${prints}'\n`, { mode: 0o755 });
  return file;
}

describe('gethEdition', () => {
  it.each([
    ['Geth/v1.13.15-dicomledger.1/linux-amd64/go1.26.8', { version: '1.13.15', edition: 1, hasHolesClosed: true }],
    [
      'Geth\nVersion: 1.13.15-dicomledger.12\nArchitecture: amd64\n',
      { version: '1.13.15', edition: 12, hasHolesClosed: true },
    ],
    ['Geth/v1.13.15-dicomledger.0/linux-amd64/go1.26.8', { version: '1.13.15', edition: 0, hasHolesClosed: false }],
    [
      'Geth/v1.13.15-stable-c5ba367e/linux-amd64/go1.21.6',
      { version: '1.13.15', edition: undefined, hasHolesClosed: false },
    ],
    [
      'Geth\nVersion: 1.13.15-stable\nArchitecture: amd64\n',
      { version: '1.13.15', edition: undefined, hasHolesClosed: false },
    ],
    ['Geth/v1.17.10-stable/linux-amd64/go1.26.0', { version: '1.17.10', edition: undefined, hasHolesClosed: false }],
    ['Geth/v1.17.10-dicomledger.1/linux-amd64/go1.26.0', { version: '1.17.10', edition: 1, hasHolesClosed: false }],
  ])('reads %j', (text, edition) => {
    expect(gethEdition(text)).toEqual(edition);
  });

  it.each(['besu/v24.12.2/linux-x86_64/openjdk-java-21', 'dicom-ledger', ''])('reads none from %j', (text) => {
    expect(gethEdition(text)).toBeUndefined();
  });
});

describe('requireClosedHoles', () => {
  it('takes ours', async () => {
    await requireClosedHoles(program('ours', 'Geth\\nVersion: 1.13.15-dicomledger.1\\n'));
  });

  it.each([
    [
      'plain',
      '1.13.15-stable',
      /plain is geth 1\.13\.15 as it was released: .*CVE-2026-22862.*Leave GETH unset.*npm run geth/,
    ],
    ['earlier', '1.13.15-dicomledger.0', /earlier is edition 0 of our geth 1\.13\.15: /],
    [
      'newer',
      '1.17.10-stable',
      /newer is geth 1\.17\.10, and the nodes here run 1\.13\.15, the last that seals Clique\./,
    ],
  ])('refuses one that is %s and says what to do', async (name, version, sentence) => {
    await expect(requireClosedHoles(program(name, `Geth\\nVersion: ${version}\\n`))).rejects.toThrow(sentence);
  });

  it('refuses what is no geth, and what does not run', async () => {
    await expect(readGethEdition(program('other', 'hello\\n'))).rejects.toThrow(/other is no geth/);
    await expect(readGethEdition(path.join(folder, 'missing'))).rejects.toThrow(
      /missing version does not run .*ENOENT/,
    );
  });
});
