import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeDemo } from './make-demo.js';

/** dciodvfy is older than HTJ2K: it is told another encapsulated syntax, which it does not decode either. */
const [HTJ2K, JPEG_2000] = ['1.2.840.10008.1.2.4.201\0', '1.2.840.10008.1.2.4.90\0\0'];

/** The first instances of each study, and the report, which is the last of its own. */
const looksAt = [0, 1, 40];

it('The instances of the demo have every module and value that dciodvfy asks for', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-demo-files-'));
  const file = path.join(folder, 'one.dcm');
  const kinds: string[] = [];
  try {
    await makeDemo(async (_study, files) => {
      for (const bytes of looksAt.flatMap((index) => files[index] ?? [])) {
        const copy = Buffer.from(bytes);
        const at = copy.indexOf(HTJ2K);
        if (at > 0) copy.write(JPEG_2000, at, 'latin1');
        writeFileSync(file, copy);
        const lines = spawnSync('dciodvfy', ['-new', file], { encoding: 'utf8' }).stderr.trim().split('\n');
        const [kind = ''] = lines.filter((line) => !/^(Error|Warning)/.test(line));
        expect([kind, lines.filter((line) => line !== kind)]).toEqual([kind, []]);
        kinds.push(kind);
      }
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  expect(kinds).toEqual([
    'CTImage',
    'CTImage',
    'BasicTextSR',
    'MRImage',
    'MRImage',
    'MRImage',
    'DXImageForPresentation',
    'USMultiFrameImage',
    'VLPhotographicImage',
  ]);
});
