import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Catalog } from '../../catalog/catalog.js';
import type { Change } from '../../catalog/change.js';
import { openTestCatalog } from '../../catalog/testing/open-test-catalog.js';
import { announced, block, sealed, uidOf } from '../../catalog/testing/records.js';
import type { ContentVerifier } from '../../dicom/verify/open-content-verifier.js';
import { bodyText } from '../body-text.js';
import { verifyStored } from './verify-stored.js';
import { noSecrets } from '../testing/no-secrets.js';

let folder: string;
let catalog: Catalog;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-verify-'));
  catalog = openTestCatalog({ file: path.join(folder, 'catalog') });
});
afterAll(async () => {
  await catalog.close();
  await rm(folder, { recursive: true });
});

const body = bodyText({
  ...{ contract: '0xc1', scheme: 0, byteCount: 0, pieceBytes: 30_720, sha256: '0x00', root: '0x00', list: [] },
});
const foreign = { siteId: 2, body };
/** Announced and sealed in one block. */
const stored = (name: string): Change[] => [
  announced({ name, image: foreign }),
  { ...sealed(name, 1), pages: '[]' } as Change,
];
const ledger = { readPieces: () => Promise.reject(new Error('nothing is read')) };
const contents: ContentVerifier = {
  verify: () => Promise.resolve({ reason: 'bytes', detail: 'They are others.' }),
  close: () => Promise.resolve(),
};

describe('verifyStored', () => {
  it('judges no instance by what a reorganisation has put into its place since it was found', async () => {
    const seen = catalog.seenBy('everything');
    await catalog.apply(block(1), []);
    await catalog.apply(block(2), stored('a'));
    const found = (await seen.instance(uidOf('a')))!;
    expect(await verifyStored({ ledger, secrets: noSecrets, contents, catalog: seen }, found)).toMatchObject({
      reason: 'bytes',
    });
    await catalog.rollback({ number: 1n, hash: block(1).hash }, [{ block: block(2, 'other'), changes: stored('b') }]);
    expect((await seen.instance(uidOf('b')))?.id).toBe(found.id);
    const verified = verifyStored({ ledger, secrets: noSecrets, contents, catalog: seen }, found);
    await expect(verified).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  });
});
