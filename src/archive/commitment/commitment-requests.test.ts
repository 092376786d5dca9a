import { describe, expect, it } from '@jest/globals';
import { readdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { inFolder } from '../testing/parts.js';
import { openCommitmentRequests } from './commitment-requests.js';

const reference = { SOPClassUID: '1.2.840.10008.5.1.4.1.1.2', SOPInstanceUID: '1.2.3' };
const nameOf = (transactionUID: string, owner = 'a') => ({ owner, transactionUID });

describe('openCommitmentRequests', () => {
  it('has after a start what was requested before, for its owner alone, and one of a name', () =>
    inFolder(async (folder) => {
      const before = await openCommitmentRequests({ folder });
      expect(await Promise.all([1, 2].map(() => before.add(nameOf('2.25.1'), [reference])))).toEqual([true, false]);
      const after = await openCommitmentRequests({ folder });
      expect(await after.find(nameOf('2.25.1'))).toEqual([reference]);
      expect(await after.find(nameOf('2.25.1', 'b'))).toBeUndefined();
      expect([await after.add(nameOf('2.25.1'), []), await after.add(nameOf('2.25.1', 'b'), [])]).toEqual([
        false,
        true,
      ]);
    }));

  it('forgets what is older than 30 days, and the oldest when there are too many', () =>
    inFolder(async (folder) => {
      const requests = await openCommitmentRequests({ folder });
      await requests.add(nameOf('1'), [reference]);
      const [old] = await readdir(folder);
      const long = new Date(Date.now() - 30.1 * 86_400_000);
      await utimes(path.join(folder, old!), long, long);
      const next = await openCommitmentRequests({ folder, maxRequests: 2 });
      for (const uid of ['2', '3', '4']) await next.add(nameOf(uid), [reference]);
      const found = await Promise.all(['1', '2', '3', '4'].map((uid) => next.find(nameOf(uid))));
      expect(found.map((one) => one !== undefined)).toEqual([false, false, true, true]);
    }));
});
