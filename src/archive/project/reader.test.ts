import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deferred } from '../../base/deferred.js';
import { LedgerError } from '../../base/errors.js';
import { silentLog } from '../../base/log.js';
import type { Catalog } from '../../catalog/catalog.js';
import type { AnnouncedImage, Change } from '../../catalog/change.js';
import { openTestCatalog } from '../../catalog/testing/open-test-catalog.js';
import { eventMaker } from '../testing/event-maker.js';
import { announcedImage } from './announced-image.js';
import type { Announcements } from './announcements.js';
import { blockChanges } from './block-changes.js';
import { createProgress } from './progress.js';
import type { FinishedReading } from './read-announcement.js';
import { type Reader, startReader } from './reader.js';

const maker = eventMaker();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-reader-'));
});
afterAll(() => rm(folder, { recursive: true }));

const left: FinishedReading = { kind: 'quarantined', reason: 'unreadable', detail: 'It is no header.' };
const never = new Promise<never>(() => undefined);

/** What sites announce in block 1, none of which is read on the way. */
async function changesOf(announced: readonly { uid: string; siteId: number }[]): Promise<Change[]> {
  const events = await Promise.all(
    announced.map(async ({ uid, siteId }, index) => ({ ...(await maker.announced(uid, index)), siteId })),
  );
  return blockChanges(events, { account: '0x00' });
}

async function withReader(
  announced: readonly { uid: string; siteId: number }[],
  read: Announcements['read'],
  run: (bed: { catalog: Catalog; reader: Reader; progress: ReturnType<typeof createProgress> }) => Promise<void>,
): Promise<void> {
  const catalog = openTestCatalog({ file: path.join(await mkdtemp(path.join(folder, 'x-')), 'catalog') });
  const progress = createProgress();
  const block = { number: 1n, hash: '0x01' as const };
  await catalog.apply({ ...block, timestamp: 1_700_000_000 }, await changesOf(announced));
  progress.advance(block);
  const reader = startReader(
    { ledger: { branch: 0 }, catalog, announcements: { read }, progress, log: silentLog },
    { retryMs: { first: 1, most: 2 } },
  );
  try {
    await run({ catalog, reader, progress });
  } finally {
    await reader.close();
    await catalog.close();
  }
}

const keyOf = async (uid: string): Promise<string> => announcedImage(await maker.announced(uid)).imageId;

describe('startReader', () => {
  it('reads what waits, and what comes later', () =>
    withReader(
      [{ uid: '1.2.7', siteId: 2 }],
      async () => left,
      async ({ catalog, reader, progress }) => {
        await reader.idle();
        expect(catalog.projection.backlog().waiting).toBe(0);
        const block = { number: 2n, hash: '0x02' as const };
        await catalog.apply({ ...block, timestamp: 1_700_000_001 }, await changesOf([{ uid: '1.2.8', siteId: 3 }]));
        progress.advance(block);
        await progress.until(() => catalog.projection.backlog().waiting === 0 || undefined);
        expect((await catalog.quarantined({ limit: 10 })).map(({ siteId }) => siteId)).toEqual([3, 2]);
      },
    ));

  it('lets no site wait for another, and has no more than four of one under way', async () => {
    const begun: AnnouncedImage[] = [];
    const slow = Array.from({ length: 20 }, (_, i) => ({ uid: `1.2.10.${i}`, siteId: 2 }));
    const quick = Array.from({ length: 20 }, (_, i) => ({ uid: `1.2.11.${i}`, siteId: 3 }));
    const release = deferred<never>();
    const read = async (image: AnnouncedImage): Promise<FinishedReading> => {
      begun.push(image);
      return image.siteId === 2 ? release.promise : left;
    };
    await withReader([...slow, ...quick], read, async ({ catalog, progress }) => {
      await progress.until(() => catalog.projection.backlog().waiting === 20 || undefined);
      expect(begun.filter(({ siteId }) => siteId === 2)).toHaveLength(4);
      expect((await catalog.quarantined({ limit: 100 })).every(({ siteId }) => siteId === 3)).toBe(true);
      release.reject(new LedgerError('unavailable', 'The server is stopping.', { retryable: true }));
    });
  });

  it('lets a site rest that takes long, so that it has a small part of the time', async () => {
    const begun: number[] = [];
    const slow = Array.from({ length: 6 }, (_, i) => ({ uid: `1.2.10.${i}`, siteId: 2 }));
    const read = async (): Promise<FinishedReading> => {
      begun.push(performance.now());
      await delay(500);
      return left;
    };
    await withReader(slow, read, async ({ catalog, progress }) => {
      await progress.until(() => catalog.projection.backlog().waiting === 0 || undefined);
      // Four are begun at once; the fifth waits for one of them, and as long as three of them more.
      expect(begun[4]! - begun[3]!).toBeGreaterThan(4 * 490);
    });
  });

  it('has one of equal contents under way at a time', async () => {
    const underWay = new Set<string>();
    let most = 0;
    const read = async ({ contentKey }: AnnouncedImage): Promise<FinishedReading> => {
      if (underWay.has(contentKey)) most = 2;
      underWay.add(contentKey);
      await new Promise(setImmediate);
      underWay.delete(contentKey);
      return left;
    };
    const again = [1, 2, 3].flatMap(() => [{ uid: '1.2.7', siteId: 2 }]);
    await withReader(again, read, async ({ catalog, reader }) => {
      await reader.idle();
      expect([most, (await catalog.quarantined({ limit: 9 })).length]).toEqual([0, 3]);
    });
  });

  it('tries again what could not be had, and is idle meanwhile', async () => {
    let tries = 0;
    const read = async (): Promise<FinishedReading> => {
      if (tries++ < 3) throw new LedgerError('unavailable', 'No node answers.', { retryable: true });
      return left;
    };
    await withReader([{ uid: '1.2.7', siteId: 2 }], read, async ({ catalog, reader, progress }) => {
      await reader.idle();
      await progress.until(() => catalog.projection.backlog().waiting === 0 || undefined);
      expect(tries).toBe(4);
    });
  });

  it('reads alone what it was at when the process died', async () => {
    const file = path.join(await mkdtemp(path.join(folder, 'x-')), 'catalog');
    const first = openTestCatalog({ file });
    const announced = ['1.2.7', '1.2.8', '1.2.9'].map((uid) => ({ uid, siteId: 2 }));
    const changes = await changesOf(announced);
    await first.apply({ number: 1n, hash: '0x01', timestamp: 1_700_000_000 }, changes);
    const suspect = changes[1];
    if (suspect?.kind !== 'announced') throw new Error('There is no such announcement.');
    await first.begin(suspect.image.contentKey);
    await first.close();

    const catalog = openTestCatalog({ file });
    const progress = createProgress();
    const underWay = new Set<string>();
    const beside: string[][] = [];
    const read = async ({ imageId }: AnnouncedImage): Promise<FinishedReading> => {
      underWay.add(imageId);
      await new Promise(setImmediate);
      if (imageId === suspect.imageId) beside.push([...underWay]);
      underWay.delete(imageId);
      return left;
    };
    const reader = startReader({ ledger: { branch: 0 }, catalog, announcements: { read }, progress, log: silentLog });
    await reader.idle();
    await reader.close();
    await catalog.close();
    expect(beside).toEqual([[await keyOf('1.2.8')]]);
  });

  it('ends when it is closed, whatever is never read', async () => {
    const read = (): Promise<never> => Promise.race([never, Promise.reject(new LedgerError('internal', 'No.'))]);
    await withReader([{ uid: '1.2.7', siteId: 2 }], read, async ({ catalog }) => {
      expect(catalog.projection.backlog().waiting).toBe(1);
    });
  });
});
