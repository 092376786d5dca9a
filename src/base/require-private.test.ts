import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { requirePrivate } from './require-private.js';

const parent = mkdtempSync(path.join(tmpdir(), 'private-'));
const folder = path.join(parent, "Jo's data");
const file = path.join(parent, 'key');
mkdirSync(folder);
writeFileSync(file, '');

beforeEach(() => {
  chmodSync(folder, 0o700);
  chmodSync(file, 0o600);
});
afterAll(() => rmSync(parent, { recursive: true }));

describe('requirePrivate', () => {
  it('says nothing of what is private, unset or not there', async () => {
    await requirePrivate({ DATA_DIR: folder, KEY: file, UNSET: undefined, ABSENT: path.join(parent, 'absent') });
  });

  it('passes over what systemd shows to a service, whatever its mode, and nothing beside that folder', async () => {
    chmodSync(file, 0o440);
    await requirePrivate({ KEY: file }, { credentialsFolder: parent });
    await expect(requirePrivate({ KEY: file }, { credentialsFolder: `${parent}/k` })).rejects.toThrow(file);
  });

  it.each([0o710, 0o701, 0o755, 0o750, 0o720])('refuses a folder of mode %i', async (mode) => {
    chmodSync(folder, mode);
    await expect(requirePrivate({ DATA_DIR: folder })).rejects.toMatchObject({ code: 'misconfigured' });
  });

  it('names all, with the command that mends them', async () => {
    chmodSync(folder, 0o755);
    chmodSync(file, 0o644);
    const sentence = `Other users of this machine have access to DATA_DIR "${folder}" (mode 755), KEY "${file}" (mode 644). Run: chmod -R go= '${parent}/Jo'\\''s data' && chmod go= ${file}`;
    await expect(requirePrivate({ DATA_DIR: folder, KEY: file })).rejects.toThrow(sentence);
  });
});
