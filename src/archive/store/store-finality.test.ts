import { until } from '../../base/testing/until.js';
import { describe, expect, it } from '@jest/globals';
import { inFolder, slice } from '../testing/parts.js';
import { type BedOptions, projectedHeader, put, type StoreBed, storeBed } from '../testing/store-bed.js';
import { UNDONE_BLOCKS } from './confirmation.js';

const mined = Promise.resolve();

async function sealing(folder: string, options: BedOptions = {}): Promise<StoreBed> {
  const bed = await storeBed(folder, { depths: { sealed: 2, final: 3, kept: 4 }, ...options });
  bed.answer = mined;
  return bed;
}

/** Whether the promise is still open after whatever is under way has had its turn. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  return Promise.race([promise.then(() => false), Promise.resolve().then(() => true)]);
}

describe('openStore, between sealed and final', () => {
  it.each([
    ['sealed', 5n, 6n],
    ['final', 6n, 7n],
  ] as const)('answers %s at its depth, and gives the file up when it is kept no more', (acknowledge, before, at) =>
    inFolder(async (folder) => {
      const bed = await sealing(folder, { acknowledge });
      const outcome = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      bed.seal({}, 5n);
      bed.advance(before);
      expect(await isOpen(outcome)).toBe(true);
      bed.advance(at);
      expect(await outcome).toMatchObject({ kind: 'stored', alreadyThere: false });
      if (at < 8n) {
        bed.advance(7n);
        await new Promise(setImmediate);
        expect(await bed.left()).toHaveLength(1);
      }
      bed.advance(8n);
      await until('nothing in the spool', async () => (await bed.left()).length === 0);
      expect(bed.sent).toHaveLength(1);
    }),
  );

  it('answers no sooner than a second node has the block', () =>
    inFolder(async (folder) => {
      const bed = await sealing(folder);
      bed.isHeldTwice = false;
      const outcome = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      bed.seal({}, 5n);
      bed.advance(9n);
      expect(await isOpen(outcome)).toBe(true);
      bed.isHeldTwice = true;
      expect(await outcome).toMatchObject({ kind: 'stored' });
      await until('nothing in the spool', async () => (await bed.left()).length === 0);
    }));

  it('lets the next in when it has answered', () =>
    inFolder(async (folder) => {
      const bed = await sealing(folder, { windowBytes: 1 });
      const first = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      const second = put(bed, slice({ SOPInstanceUID: '1.2.3.9' }));
      expect(await isOpen(second)).toBe(true);
      expect(bed.sent).toHaveLength(1);
      bed.seal({}, 5n);
      bed.advance(6n);
      await first;
      await until('2 images at the ledger', () => bed.sent.length === 2);
      expect(await bed.left()).toHaveLength(2);
      await bed.store.close();
      expect(await second).toMatchObject({ code: 'unavailable' });
    }));

  it('sends again what a reorganisation took back after the answer, once, and then gives it up', () =>
    inFolder(async (folder) => {
      const bed = await sealing(folder);
      const outcome = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      bed.seal({}, 5n);
      bed.advance(6n);
      expect(await outcome).toMatchObject({ kind: 'stored' });
      bed.undo(4n);
      bed.advance(6n + UNDONE_BLOCKS - 1n);
      await new Promise(setImmediate);
      expect(bed.sent).toHaveLength(1);
      bed.advance(6n + UNDONE_BLOCKS);
      await until('2 images at the ledger', () => bed.sent.length === 2);
      expect(await bed.left()).toHaveLength(1);
      bed.seal({}, 20n);
      bed.advance(23n);
      await until('nothing in the spool', async () => (await bed.left()).length === 0);
      expect(bed.sent).toHaveLength(2);
    }));

  it('sends nothing when the transactions come into a block again by themselves', () =>
    inFolder(async (folder) => {
      const bed = await sealing(folder);
      const outcome = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      bed.seal({}, 5n);
      bed.advance(6n);
      await outcome;
      bed.undo(4n);
      bed.seal({}, 7n);
      bed.advance(10n);
      await until('nothing in the spool', async () => (await bed.left()).length === 0);
      expect(bed.sent).toHaveLength(1);
    }));

  it('keeps the bytes for people when another content takes its place after the answer', () =>
    inFolder(async (folder) => {
      const bed = await sealing(folder);
      const outcome = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      bed.seal({}, 5n);
      bed.advance(6n);
      const answered = await outcome;
      if (answered.kind !== 'stored') throw new Error(answered.message);
      bed.undo(4n);
      bed.seal({ sha256: 'other', ...(await projectedHeader(slice({ grey: 9 }))) }, 5n);
      bed.advance(8n);
      await until('a refused part in the spool', async () =>
        (await bed.left()).some((name) => name.endsWith('.refused')),
      );
      expect(await bed.acceptances.refusal(answered)).toMatchObject({ reason: 0x0111 });
    }));

  it('finds after a crash that it is sealed, and gives it up when that is final', () =>
    inFolder(async (folder) => {
      const bed = await sealing(folder);
      const outcome = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      bed.seal({}, 5n);
      bed.advance(6n);
      await outcome;
      await bed.store.close();
      expect(await bed.left()).toHaveLength(1);

      const next = await sealing(folder);
      const { imageId, instance } = bed.sent[0]!;
      next.seal({ imageId, sha256: instance.sha256.slice(2) }, 5n);
      await next.store.recover();
      await new Promise(setImmediate);
      expect(await next.left()).toHaveLength(1);
      next.advance(8n);
      await until('nothing in the spool', async () => (await next.left()).length === 0);
      expect(next.sent).toEqual([]);
    }));

  it('answers a second time no sooner than the first stands at the depth', () =>
    inFolder(async (folder) => {
      const bed = await sealing(folder);
      const first = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      bed.seal({}, 5n);
      const { imageId, instance } = bed.sent[0]!;
      const other = await sealing(folder);
      other.seal({ imageId, sha256: instance.sha256.slice(2) }, 5n);
      const again = put(other);
      expect(await isOpen(again)).toBe(true);
      other.advance(6n);
      expect(await again).toMatchObject({ kind: 'stored', alreadyThere: true });
      bed.advance(6n);
      await first;
    }));
});
