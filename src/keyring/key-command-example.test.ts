import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createKeyWrapping } from './key-wrapping.js';
import { type KeysBed, keysBed } from './testing/keys-bed.js';

const PAGE = readFileSync('docs/operations/keys.md', 'utf8');
const [example = '', certificate = ''] = [...PAGE.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text]) => text);

let bed: KeysBed;
beforeEach(() => {
  bed = keysBed();
});
afterEach(() => bed.remove());

describe('The KEY_COMMAND in docs/operations/keys.md', () => {
  it('keeps the rings, and without its private key nobody opens them', async () => {
    execFileSync('sh', ['-euc', certificate], { cwd: bed.folder, stdio: 'pipe' });
    expect(example).toContain('keys=/etc/dicom-ledger/wrapping\n');
    const command = bed.write('command', example.replace('/etc/dicom-ledger/wrapping', bed.folder), 0o755);
    const wrapping = createKeyWrapping({ command, allowsClear: false });
    const keyring = await bed.open({ wrapping });
    const { ringId } = await keyring.newRing(new Date());
    const node = keyring.studyNode({ siteId: 7, ringId }, 5n);
    await keyring.close();

    const again = await bed.open({ wrapping });
    expect(again.studyNode({ siteId: 7, ringId }, 5n)).toEqual(node);
    await again.close();

    rmSync(path.join(bed.folder, 'wrapping.key'));
    const opening = bed.open({ wrapping });
    await expect(opening).rejects.toMatchObject({ code: 'misconfigured' });
    await expect(opening).rejects.toThrow('KEY_COMMAND');
  });
});
