import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLog } from './base/log.js';
import { until } from './base/testing/until.js';
import { openReaders, type Readers } from './open-readers.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-open-readers-'));

describe('openReaders', () => {
  let readers: Readers | undefined;
  afterEach(async () => {
    await readers?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('starts those that die anew after longer and longer pauses, says so, and takes no connection meanwhile', async () => {
    let failings = 0;
    const deaths: number[] = [];
    const nowhere = path.join(folder, 'nowhere');
    readers = openReaders(
      { log: silentLog, onFailing: () => failings++ },
      {
        count: 1,
        maxConnections: 10,
        order: {
          owner: { path: nowhere, secret: '' },
          ...{ catalogFile: nowhere, annotationsFile: nowhere, cacheFolder: folder },
          rules: { siteId: 1, siteOrder: [], additions: [], retirementsPerHour: 1, settings: '' },
          ...{ tls: undefined, publicUrl: undefined, maxInstanceBytes: 1, cachedInstanceBytes: 1, memoryBytes: 1 },
          ...{ compressesFrames: false, threads: 1, logLevel: 'silent' },
        },
      },
    );
    readers.onDeath(() => deaths.push(performance.now()));
    await until('the fifth death', () => (deaths.length >= 5 ? true : undefined));
    expect(failings).toBe(deaths.length - 4);
    const gaps = deaths.slice(1).map((at, index) => at - deaths[index]!);
    for (const [index, gap] of gaps.entries()) expect(gap).toBeGreaterThan(95 * 2 ** index);
    expect(readers.count).toBe(0);
    expect(readers.take(new Socket())).toBe(false);
  });
});
