import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '../config.js';
import { privateFiles } from './private-files.js';
import { foundBy } from './testing/found-by.js';

let folder: string;
const at = (name: string): string => path.join(folder, name);
const found = (environment: Record<string, string> = {}): Promise<string[]> =>
  foundBy(privateFiles(readConfig({ DATA_DIR: folder, ...environment })));

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-doctor-'));
  writeFileSync(at('local.token'), 'secret', { mode: 0o600 });
  writeFileSync(at('roles.json'), '{}', { mode: 0o644 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('privateFiles', () => {
  it('finds nothing where secrets are for one user alone, and a roles file that others may read', async () => {
    expect(await found({ ACCESS_FILE: at('roles.json') })).toEqual([
      'ok: DATA_DIR and 2 files are for this user alone.',
    ]);
  });

  it('finds a token that others may read, and says what to run', async () => {
    chmodSync(at('local.token'), 0o644);
    const [fault, ...more] = await found();
    expect(more).toEqual([]);
    expect(fault).toMatch(/^fault: .*local\.token.* \(mode 644\)\. -> Run: chmod go= \S+local\.token$/);
  });

  it('finds an open folder, a key that is not there, and a roles file that others may change', async () => {
    chmodSync(folder, 0o755);
    chmodSync(at('roles.json'), 0o666);
    const faults = await found({ ACCESS_FILE: at('roles.json'), CONSORTIUM_KEY_FILE: at('absent') });
    expect(faults).toEqual([
      expect.stringMatching(/^fault: CONSORTIUM_KEY_FILE ".*absent" cannot be read \(ENOENT\)\./),
      expect.stringMatching(/^fault: .*DATA_DIR.*\(mode 755\)\. -> Run: chmod -R go= /),
      expect.stringMatching(/^fault: Others may change ACCESS_FILE .* -> Run: chmod go-w /),
    ]);
  });
});
