import { until } from '../../base/testing/until.js';
import { describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import { inFolder, partOf, slice, streamOf } from '../testing/parts.js';
import { never, type StoreBed, storeBed } from '../testing/store-bed.js';
import { createByteBudget } from './byte-budget.js';
import { createConfirmation, UNDONE_BLOCKS } from './confirmation.js';
import { readPart } from './read-part.js';
import { startStoreJob, type StoreJob } from './store-job.js';

const settings = { acknowledge: 'sealed', patientIdIssuer: '', maxHeaderBytes: 100_000, compresses: false } as const;
const waits = { readMs: 60_000, rivalMs: 60_000, unseenMs: 60_000 };

async function startedJob(folder: string, answer: Promise<void>): Promise<{ bed: StoreBed; job: StoreJob }> {
  const bed = await storeBed(folder, { depths: { sealed: 2, final: 3, kept: 4 } });
  bed.answer = answer;
  const part = await bed.dependencies.spool.write({ mediaType: 'application/dicom' }, streamOf(slice()));
  const content = await readPart(part, settings);
  if (content.kind !== 'content') throw new Error('refused');
  const job = startStoreJob(
    {
      ...bed.dependencies,
      confirmation: createConfirmation(bed.dependencies, waits),
      budget: createByteBudget(1_000_000),
      settings,
      waits,
      signal: new AbortController().signal,
    },
    { part, content, isPromised: false, share: undefined },
  );
  return { bed, job };
}

describe('startStoreJob', () => {
  it('goes from stage to stage, and is sent again when its seal is undone', () =>
    inFolder(async (folder) => {
      let seal!: () => void;
      const sealed = new Promise<void>((resolve) => (seal = resolve));
      const { bed, job } = await startedJob(folder, sealed);
      expect(job.stage).toBe('spooled');
      await until('1 image at the ledger', () => bed.sent.length === 1);
      expect(job.stage).toBe('sending');
      seal();
      await until('the job to be sealed', () => job.stage === 'sealed');
      bed.seal({}, 5n);
      expect(job.stage).toBe('sealed');
      bed.advance(6n);
      await job.answered;
      expect(job.stage).toBe('confirmed');
      bed.undo(4n);
      bed.answer = never;
      bed.advance(6n + UNDONE_BLOCKS);
      await until('2 images at the ledger', () => bed.sent.length === 2);
      expect(job.stage).toBe('sending');
    }));

  it('ends as kept when its seal is deep enough', () =>
    inFolder(async (folder) => {
      const { bed, job } = await startedJob(folder, Promise.resolve());
      await until('1 image at the ledger', () => bed.sent.length === 1);
      bed.seal({}, 5n);
      bed.advance(8n);
      expect(await job.finished).toMatchObject({ kind: 'stored' });
      expect(job.stage).toBe('kept');
    }));

  it('is refused for now, with no icon in place of its preview, when that takes too long', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder);
      bed.dependencies.pictures.preview = () =>
        Promise.reject(new LedgerError('unavailable', 'The server is busy.', { details: { isSlow: true } }));
      const { outcome } = await bed.store.receive(partOf(slice()));
      expect(await outcome).toMatchObject({ kind: 'refused', code: 'unavailable', reason: 0xa700 });
      expect(bed.sent).toEqual([]);
      expect(await bed.left()).toEqual([]);
    }));

  it('ends as refused when the chain refuses it', () =>
    inFolder(async (folder) => {
      const { job } = await startedJob(folder, Promise.reject(new LedgerError('site-not-admitted', 'No.')));
      expect(await job.finished).toMatchObject({ kind: 'refused', reason: 0x0124 });
      expect(job.stage).toBe('refused');
    }));
});
