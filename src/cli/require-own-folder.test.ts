import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { requireOwnFolder } from './require-own-folder.js';

describe('requireOwnFolder', () => {
  it('lets the owner of a folder pass, and refuses anybody else, root included', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-owner-'));
    try {
      const { uid } = statSync(folder);
      await requireOwnFolder(folder);
      await requireOwnFolder(folder, uid);
      await requireOwnFolder(path.join(folder, 'none'), uid + 1);
      await expect(requireOwnFolder(folder, uid + 1)).rejects.toThrow(`the user with the number ${uid}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
