import { until } from '../../base/testing/until.js';
import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { LedgerError } from '../../base/errors.js';
import { testPseudonyms } from '../testing/event-maker.js';
import { inFolder, partOf, rejection, slice } from '../testing/parts.js';
import { projectedHeader, maxInstanceBytes, never, put, storeBed, untilClosed } from '../testing/store-bed.js';

describe('openStore', () => {
  it('sends what came, under keys, and answers when it is sealed and projected', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder);
      bed.answer = Promise.resolve();
      let answered = false;
      const outcome = put(bed).finally(() => (answered = true));
      await until('1 image at the ledger', () => bed.sent.length === 1);
      expect(answered).toBe(false);
      bed.seal();
      expect(await outcome).toMatchObject({ kind: 'stored', SOPInstanceUID: '1.2.3.4', alreadyThere: false });
      expect(bed.sent[0]).toMatchObject({
        imageId: testPseudonyms.imageKey('1.2.3.4'),
        names: {
          patientKey: testPseudonyms.patientKey({
            PatientID: 'P-1',
            IssuerOfPatientID: 'north',
            StudyInstanceUID: '1.2.3.5',
          }),
        },
        preview: Buffer.from('preview'),
      });
      await until('the spool to be empty', async () => (await bed.left()).length === 0);
    }));

  it('sends the same that comes twice at a time once', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder);
      bed.answer = Promise.resolve();
      const outcomes = [put(bed), put(bed)];
      await until('1 image at the ledger', () => bed.sent.length === 1);
      await until('one part in the spool', async () => (await bed.left()).length === 1);
      bed.seal();
      const stored = (await Promise.all(outcomes)).map((outcome) => outcome.kind === 'stored' && outcome.alreadyThere);
      expect(stored.sort()).toEqual([false, true]);
      expect(bed.sent).toHaveLength(1);
    }));

  it('refuses what names a patient where it is told to, and keeps nothing of it', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder, { deidentifiedOnly: true });
      expect(await put(bed)).toMatchObject({ kind: 'refused', reason: 0x0124, SOPInstanceUID: '1.2.3.4' });
      expect(await bed.left()).toEqual([]);
      bed.answer = Promise.resolve();
      const outcome = put(bed, slice({ PatientID: '' }));
      await until('1 image at the ledger', () => bed.sent.length === 1);
      bed.seal();
      expect(await outcome).toMatchObject({ kind: 'stored' });
    }));

  it.each([
    ['chain-refused', 0x0110],
    ['site-not-admitted', 0x0124],
  ] as const)('refuses what the chain refuses as %s, and keeps nothing of it', (code, reason) =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder);
      bed.answer = Promise.reject(new LedgerError(code, 'No.'));
      expect(await put(bed)).toMatchObject({ kind: 'refused', reason, SOPInstanceUID: '1.2.3.4' });
      expect(await bed.left()).toEqual([]);
    }),
  );

  it('reads on behind a part that is too large', () =>
    inFolder(async (folder) => {
      const { store } = await storeBed(folder);
      const part = partOf(Buffer.alloc(maxInstanceBytes * 2));
      expect(await (await store.receive(part)).outcome).toMatchObject({ reason: 0xa700, code: 'too-large' });
      expect(part.body.readableEnded).toBe(true);
    }));

  it('does not read a part to its end that has none', () =>
    inFolder(async (folder) => {
      const { store } = await storeBed(folder);
      let pulled = 0;
      const body = Readable.from(
        (async function* () {
          for (;;) {
            pulled += 1000;
            yield Buffer.alloc(1000);
          }
        })(),
        { objectMode: false },
      );
      body.on('error', () => undefined);
      const receiving = store.receive({ mediaType: 'application/dicom', body });
      await expect(receiving).rejects.toMatchObject({ code: 'too-large' });
      expect(pulled).toBeLessThan(1_000_000);
      expect(body.destroyed).toBe(true);
    }));
});

describe('STORE_ACK=accepted', () => {
  const accepting = { acknowledge: 'accepted' } as const;

  it('keeps for the next start what it said is stored and the chain did not take', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder, accepting);
      let fail!: (error: Error) => void;
      const mined = new Promise<void>((_, reject) => (fail = reject));
      bed.answer = mined;
      expect(await put(bed)).toMatchObject({ kind: 'stored' });
      fail(new LedgerError('site-not-admitted', 'Not yet a site.'));
      expect(await bed.left()).toHaveLength(1);
      await bed.store.close();
      await untilClosed(bed.sent[0]!);
      expect(await bed.left()).toHaveLength(1);

      const next = await storeBed(folder, accepting);
      next.answer = Promise.resolve();
      await next.store.recover();
      await until('1 image at the ledger', () => next.sent.length === 1);
      next.seal();
      await until('nothing in the spool', async () => (await next.left()).length === 0);
    }));

  it('sends what was promised before it was told to refuse what names a patient', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder, accepting);
      expect(await put(bed)).toMatchObject({ kind: 'stored' });
      await bed.store.close();
      const next = await storeBed(folder, { ...accepting, deidentifiedOnly: true });
      await next.store.recover();
      await until('1 image at the ledger', () => next.sent.length === 1);
    }));

  it('answers before anything of the chain has, and goes on', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder, accepting);
      bed.answer = never;
      expect(await put(bed)).toMatchObject({ kind: 'stored', alreadyThere: false });
      expect(await put(bed)).toMatchObject({ kind: 'stored', alreadyThere: true });
      await until('1 image at the ledger', () => bed.sent.length === 1);
      expect(await bed.left()).toHaveLength(1);
    }));

  it('takes more than the window at once, and sends no more than it', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder, { ...accepting, windowBytes: 1000 });
      const uids = Array.from({ length: 5 }, (_, i) => `1.2.3.${i}`);
      for (const SOPInstanceUID of uids)
        expect(await put(bed, slice({ SOPInstanceUID }))).toMatchObject({ kind: 'stored' });
      await until('an image at the ledger', () => bed.sent.length > 0);
      expect(bed.sent.length).toBeLessThan(uids.length);
    }));

  it.each([
    ['gone', 0x0110],
    ['conflict', 0x0111],
  ] as const)('writes down that it was refused after all as %s, and keeps the bytes for people', (code, reason) =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder, accepting);
      let fail!: (error: Error) => void;
      bed.answer = new Promise<void>((_, reject) => (fail = reject));
      const outcome = await put(bed);
      if (outcome.kind !== 'stored') throw new Error(outcome.message);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      expect(await bed.acceptances.refusal(outcome)).toBeUndefined();
      fail(new LedgerError(code, 'No.'));
      bed.seal({
        sha256: 'other',
        state: code === 'gone' ? 'retired' : 'sealed',
        ...(await projectedHeader(slice({ grey: 9 }))),
      });
      await until('a refused part in the spool', async () =>
        (await bed.left()).some((name) => name.endsWith('.refused')),
      );
      expect(await bed.acceptances.refusal(outcome)).toMatchObject({ reason });

      const next = await storeBed(folder, accepting);
      await next.store.recover();
      expect(await next.left()).toEqual([expect.stringMatching(/\.refused$/)]);
    }),
  );
});

describe('Store.close', () => {
  it('answers what is under way with unavailable and keeps it, readable for the ledger until that has settled', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder);
      let settle!: (error: Error) => void;
      bed.answer = new Promise<void>((_, reject) => (settle = reject));
      const outcome = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      await bed.store.close();
      expect(await outcome).toMatchObject({ kind: 'refused', reason: 0xa700, code: 'unavailable' });
      expect(await bed.left()).toEqual([expect.stringMatching(/\.part$/)]);
      const { instance } = bed.sent[0]!;
      expect(await instance.read(0, instance.byteCount)).toEqual(slice());
      settle(new LedgerError('unavailable', 'The server is stopping.'));
      await untilClosed(bed.sent[0]!);
      expect(await bed.left()).toHaveLength(1);
    }));

  it('waits for a part that is still being looked at, and keeps it', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder);
      const { outcome } = await bed.store.receive(partOf(slice()));
      await bed.store.close();
      expect(await outcome).toMatchObject({ code: 'unavailable' });
      expect(bed.sent).toEqual([]);
      expect(await bed.left()).toHaveLength(1);
    }));

  it('takes nothing more, and lets none in that waits for room', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder, { windowBytes: 1 });
      const first = put(bed);
      await until('1 image at the ledger', () => bed.sent.length === 1);
      const waiting = bed.store.receive(partOf(slice({ SOPInstanceUID: '1.2.3.9' })));
      const refused = expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
      await bed.store.close();
      await refused;
      await expect(bed.store.receive(partOf(slice()))).rejects.toMatchObject({ code: 'unavailable' });
      expect(await first).toMatchObject({ code: 'unavailable' });
      expect(await bed.left()).toHaveLength(1);
    }));

  it('waits for no retirement that the chain does not take', () =>
    inFolder(async (folder) => {
      const bed = await storeBed(folder);
      bed.answer = Promise.resolve();
      let isAsked = false;
      bed.dependencies.reject = () => {
        isAsked = true;
        return new Promise(() => undefined);
      };
      const { outcome } = await bed.store.receive(partOf(rejection()));
      await until('1 image at the ledger', () => bed.sent.length === 1);
      bed.seal();
      await until('the retirement', () => isAsked);
      await bed.store.close();
      expect(await outcome).toMatchObject({ kind: 'refused', code: 'unavailable' });
    }));

  it('leaves in the spool what an earlier process left there and is not finished', () =>
    inFolder(async (folder) => {
      const first = await storeBed(folder);
      for (const SOPInstanceUID of ['1.2.3.1', '1.2.3.2', '1.2.3.3'])
        await first.store.receive(partOf(slice({ SOPInstanceUID, size: 60 })));
      await first.store.close();

      const next = await storeBed(folder, { windowBytes: 1 });
      const recovering = next.store.recover();
      await until('1 image at the ledger', () => next.sent.length === 1);
      await next.store.close();
      await recovering;
      expect(next.sent).toHaveLength(1);
      expect(await next.left()).toHaveLength(3);
    }));
});
