import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deferred } from '../../base/deferred.js';
import { LedgerError } from '../../base/errors.js';
import { silentLog } from '../../base/log.js';
import type { Catalog, CatalogInstance } from '../../catalog/catalog.js';
import { openTestCatalog } from '../../catalog/testing/open-test-catalog.js';
import { announced, block, sealed, uidOf } from '../../catalog/testing/records.js';
import type { ContentFault } from '../../dicom/verify/verify-content.js';
import { createProgress, type Progress } from './progress.js';
import { startVerifier, type Verifier, type VerifierDependencies } from './verifier.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-verifier-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Of the walk; none of the tests leaves it. */
const BRANCH = 3;

const FAULT: ContentFault = { reason: 'bytes', detail: 'The header is another one.' };

/** Two instances of site 2 in one study, `a` and `b`, and `c` of this site; all are sealed. */
async function withVerifier(
  verify: VerifierDependencies['verify'],
  run: (bed: {
    catalog: Catalog;
    verifier: Verifier;
    progress: Progress;
    of: (name: string) => Promise<CatalogInstance | undefined>;
  }) => Promise<void>,
): Promise<void> {
  const catalog = openTestCatalog({ file: path.join(await mkdtemp(path.join(folder, 'x-')), 'catalog') });
  const foreign = { siteId: 2 };
  await catalog.apply(block(1), [
    announced({ name: 'a', study: 's', image: foreign }),
    announced({ name: 'b', study: 's', image: foreign }, 1),
    announced({ name: 'c', study: 't' }, 2),
  ]);
  await catalog.apply(block(2), [sealed('a'), sealed('b', 1), sealed('c', 2)]);
  const progress = createProgress();
  const verifier = startVerifier({ catalog, ledger: { branch: BRANCH }, progress, verify, log: silentLog });
  try {
    await run({ catalog, verifier, progress, of: (name) => catalog.seenBy('everything').instance(uidOf(name)) });
  } finally {
    await verifier.close();
    await catalog.close();
  }
}

const unverified = (catalog: Catalog): number => catalog.projection.backlog().unverified;

describe('startVerifier', () => {
  it('verifies what other sites have sealed, one after the other, and nothing of this site', async () => {
    const verified: string[] = [];
    const verify = async ({ SOPInstanceUID }: CatalogInstance): Promise<undefined> => {
      verified.push(SOPInstanceUID);
    };
    await withVerifier(verify, async ({ catalog, progress, of }) => {
      await progress.until(() => unverified(catalog) === 0 || undefined);
      expect(verified).toEqual(['a', 'b'].map(uidOf));
      expect([await of('a'), await of('c')]).toMatchObject([{ isVerified: true }, { isVerified: true }]);
    });
  });

  it('says on which branch of the chain it found an instance, and nothing of one that somebody else found', async () => {
    const slow = deferred<undefined>();
    const branches: unknown[] = [];
    const verify: VerifierDependencies['verify'] = async ({ SOPInstanceUID }, branch) => {
      branches.push([SOPInstanceUID, branch]);
      return SOPInstanceUID === uidOf('a') ? slow.promise : undefined;
    };
    await withVerifier(verify, async ({ verifier, of }) => {
      await verifier.require((await of('b'))!);
      slow.resolve(undefined);
    });
    expect(branches).toHaveLength(2);
    expect(branches).toContainEqual([uidOf('a'), BRANCH]);
    expect(branches).toContainEqual([uidOf('b'), undefined]);
  });

  it('puts what is another than announced into quarantine', async () => {
    const verify = async ({ SOPInstanceUID }: CatalogInstance): Promise<ContentFault | undefined> =>
      SOPInstanceUID === uidOf('a') ? FAULT : undefined;
    await withVerifier(verify, async ({ catalog, progress, of }) => {
      await progress.until(() => unverified(catalog) === 0 || undefined);
      expect([await of('a'), await of('b')]).toMatchObject([undefined, { isVerified: true }]);
      expect(await catalog.quarantined({ limit: 9 })).toMatchObject([{ SOPInstanceUID: uidOf('a'), ...FAULT }]);
    });
  });

  it('verifies for whoever waits, though the others take their time, and but once for all who wait', async () => {
    const slow = deferred<never>();
    let times = 0;
    const verify = async ({ SOPInstanceUID }: CatalogInstance): Promise<undefined> => {
      if (SOPInstanceUID === uidOf('a')) return slow.promise;
      times++;
      await new Promise(setImmediate);
    };
    await withVerifier(verify, async ({ catalog, verifier, of }) => {
      const wanted = (await of('b'))!;
      await Promise.all([verifier.require(wanted), verifier.require(wanted)]);
      expect([times, (await of('b'))?.isVerified, unverified(catalog)]).toEqual([1, true, 1]);
      slow.reject(new LedgerError('unavailable', 'The server is stopping.', { retryable: true }));
    });
  });

  it('refuses whoever waits for what turns out to be another', async () => {
    const slow = deferred<never>();
    const verify = async ({ SOPInstanceUID }: CatalogInstance): Promise<ContentFault> =>
      SOPInstanceUID === uidOf('a') ? slow.promise : FAULT;
    await withVerifier(verify, async ({ verifier, of }) => {
      await expect(verifier.require((await of('b'))!)).rejects.toMatchObject({ code: 'corrupt' });
      expect(await of('b')).toBeUndefined();
      slow.reject(new LedgerError('unavailable', 'The server is stopping.', { retryable: true }));
    });
  });

  it('tries again what cannot be had', async () => {
    let tries = 0;
    const verify = async (): Promise<undefined> => {
      if (tries++ === 0) throw new LedgerError('unavailable', 'No node answers.', { retryable: true });
    };
    await withVerifier(verify, async ({ catalog, verifier, progress, of }) => {
      await progress.until(() => unverified(catalog) === 1 || undefined);
      await verifier.require((await of('a'))!);
      expect(unverified(catalog)).toBe(0);
    });
  });
});
