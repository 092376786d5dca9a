import { until } from '../../base/testing/until.js';
import { describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import type { Alarm } from '../../ledger/ledger.js';
import { inFolder, partOf, slice } from '../testing/parts.js';
import { put, storeBed } from '../testing/store-bed.js';

const stalled: Alarm = { code: 'chain-stalled', sentence: 'No block.', stopsStoring: true };
const suspect: Alarm = { code: 'wrong-bytes', sentence: 'A lie.', stopsStoring: false };

describe('openStore, while the chain takes nothing', () => {
  it('answers unavailable when an alarm stops storing, keeps the instance, and finds it at the next try', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder);
      bed.answer = Promise.resolve();
      const first = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      bed.alarms = [stalled];
      expect(await first).toMatchObject({ kind: 'refused', reason: 0xa700, code: 'unavailable' });
      expect(await bed.left()).toHaveLength(1);
      bed.alarms = [];
      const again = put(bed);
      await until('one part in the spool', async () => (await bed.left()).length === 1);
      bed.seal();
      expect(await again).toMatchObject({ kind: 'stored', alreadyThere: true });
      await until('nothing in the spool', async () => (await bed.left()).length === 0);
      expect(bed.sent).toHaveLength(1);
    }));

  it('sends again when no node could be asked, and answers when it is stored', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder);
      const away = new LedgerError('unavailable', 'No node answers.', { retryable: true });
      bed.answer = Promise.reject(away);
      const outcome = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      bed.answer = Promise.resolve();
      await until('2 images at the ledger', () => bed.sent.length === 2);
      bed.seal();
      expect(await outcome).toMatchObject({ kind: 'stored', alreadyThere: false });
    }));

  it('waits on under an alarm that does not stop storing', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder);
      bed.answer = Promise.resolve();
      bed.alarms = [suspect];
      const outcome = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      await new Promise((resolve) => setTimeout(resolve, 30));
      bed.seal();
      expect(await outcome).toMatchObject({ kind: 'stored' });
    }));

  it('reads a part that finds no room to its end and refuses it, and lets the next in when there is room again', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder, { windowBytes: 1 });
      bed.answer = Promise.resolve();
      void put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      const part = partOf(slice({ SOPInstanceUID: '1.2.3.9' }));
      const waiting = bed.store.receive(part);
      bed.alarms = [stalled];
      expect(await (await waiting).outcome).toMatchObject({ reason: 0xa700, code: 'unavailable' });
      expect(part.body.readableEnded).toBe(true);
      expect(await bed.left()).toHaveLength(1);
      bed.alarms = [];
      bed.seal();
      void put(bed, slice({ SOPInstanceUID: '1.2.3.9' }));
      await until('2 images at the ledger', () => bed.sent.length === 2);
      await bed.store.close();
    }));
});
