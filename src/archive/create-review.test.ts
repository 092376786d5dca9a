import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Catalog } from '../catalog/catalog.js';
import { openTestCatalog } from '../catalog/testing/open-test-catalog.js';
import { announced, block, contentOf, sealed } from '../catalog/testing/records.js';
import type { Review } from './archive.js';
import { createReview } from './create-review.js';
import { createProgress } from './project/progress.js';

describe('createReview', () => {
  let folder: string;
  let catalog: Catalog;
  let review: Review;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-review-'));
    catalog = openTestCatalog({ file: path.join(folder, 'catalog') });
    review = createReview({
      catalog,
      progress: createProgress(),
      reader: { spentMs: 1500 },
      verifier: { spentMs: 250 },
    });
  });
  afterEach(async () => {
    jest.useRealTimers();
    await catalog.close();
    rmSync(folder, { recursive: true });
  });
  const at = (seconds: number): void =>
    void jest
      .useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
      .setSystemTime(seconds * 1000);

  it('counts what waits, and says how long the oldest has waited to be verified', async () => {
    const sealedAt = block(2).timestamp;
    const encrypted = announced({ name: 'b', image: { siteId: 3, ringId: '0xa1', studyKey: '1' } }, 1);
    await catalog.apply(block(1), [
      announced({ name: 'a', image: { siteId: 2 } }),
      { ...encrypted, reading: { kind: 'locked' } },
    ]);
    at(sealedAt + 90);
    expect(await review.counts()).toMatchObject({ unverified: 0, oldestUnverifiedSeconds: 0 });
    await catalog.apply(block(2), [sealed('a')]);
    expect(await review.counts()).toEqual({
      ...{ waiting: 0, locked: [{ siteId: 3, count: 1 }], unverified: 1, oldestUnverifiedSeconds: 90 },
      ...{
        quarantined: 0,
        conflicts: 0,
        heldRetirements: 0,
        mixedStudies: 0,
        readingSeconds: 1.5,
        verifyingSeconds: 0.25,
      },
    });
    await catalog.judge(contentOf('a', 2), undefined);
    expect(await review.counts()).toMatchObject({ unverified: 0, oldestUnverifiedSeconds: 0 });
  });

  it('is not below 0 for a block that is ahead of this clock', async () => {
    await catalog.apply(block(1), [announced({ name: 'a', image: { siteId: 2 } }), sealed('a', 1)]);
    at(block(1).timestamp - 3);
    expect(await review.counts()).toMatchObject({ unverified: 1, oldestUnverifiedSeconds: 0 });
  });
});
