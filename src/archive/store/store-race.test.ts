import { until } from '../../base/testing/until.js';
import { describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import { inFolder, slice } from '../testing/parts.js';
import { type SealedImage, projectedHeader, put, type StoreBed, storeBed } from '../testing/store-bed.js';

/** Another site was first: this one's announcement is reverted, and the follower has what the other announced. */
async function raced(folder: string, theirs: SealedImage, code: 'conflict' | 'gone' = 'conflict') {
  const bed = await storeBed(folder);
  let fail!: (error: Error) => void;
  bed.answer = new Promise<void>((_, reject) => (fail = reject));
  const outcome = put(bed);
  await until('1 image at the ledger', () => bed.sent.length === 1);
  fail(new LedgerError(code, 'No.'));
  bed.seal({ StudyInstanceUID: '1.2.3.5', SOPInstanceUID: '1.2.3.4', ...theirs });
  return { bed, outcome };
}

const nothingLeft = (bed: StoreBed): Promise<unknown> =>
  until('nothing in the spool', async () => (await bed.left()).length === 0);

describe('openStore, when another site was first', () => {
  it.each([
    ['stored other content', 'conflict', { sha256: 'other' }, 0x0111],
    ['announced other content', 'conflict', { sha256: 'other', state: 'announced', sealedBlock: undefined }, 0x0111],
    ['had it and retired it', 'gone', { state: 'retired' }, 0x0110],
  ] as const)('and %s (%s), refuses with the right reason and keeps nothing', (_name, code, theirs, reason) =>
    inFolder(async (folder) => {
      const header = await projectedHeader(slice({ grey: 9 }));
      const { bed, outcome } = await raced(folder, { ...header, ...theirs }, code);
      expect(await outcome).toMatchObject({ kind: 'refused', reason, SOPInstanceUID: '1.2.3.4' });
      await nothingLeft(bed);
      expect(bed.sent).toHaveLength(1);
    }),
  );

  it('with the same data set under another File Meta, is success once that is sealed', () =>
    inFolder(async (folder) => {
      const theirs = { sha256: 'other', ...(await projectedHeader(slice())) };
      const { bed, outcome } = await raced(folder, { ...theirs, state: 'announced', sealedBlock: undefined });
      let answered = false;
      void outcome.then(() => (answered = true));
      bed.advance(2n);
      await new Promise(setImmediate);
      expect(answered).toBe(false);
      bed.seal({ ...theirs, StudyInstanceUID: '1.2.3.5', SOPInstanceUID: '1.2.3.4' }, 3n);
      expect(await outcome).toMatchObject({ kind: 'stored', alreadyThere: true });
      await nothingLeft(bed);
    }));

  it('and withdraws the same data set again, sends its own', () =>
    inFolder(async (folder) => {
      const theirs = { sha256: 'other', ...(await projectedHeader(slice())) };
      const { bed, outcome } = await raced(folder, { ...theirs, state: 'announced', sealedBlock: undefined });
      bed.answer = Promise.resolve();
      await new Promise(setImmediate);
      bed.undo(2n);
      await until('2 images at the ledger', () => bed.sent.length === 2);
      bed.seal({}, 3n);
      expect(await outcome).toMatchObject({ kind: 'stored' });
      await nothingLeft(bed);
    }));
});
