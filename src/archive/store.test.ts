import { describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Catalog, CatalogInstance } from '../catalog/catalog.js';
import type { Pictures } from '../dicom/preview.js';
import { LedgerError } from '../errors.js';
import type { ImageToStore, Ledger, StoreTicket } from '../ledger/ledger.js';
import { silentLog } from '../log.js';
import type { Outcome } from './outcome.js';
import { createProgress } from './progress.js';
import { openSpool } from './spool.js';
import { openStore, type Store, type StoreOptions } from './store.js';
import { testKeys } from './test-events.js';
import { inFolder, partOf, slice } from './test-parts.js';

const maxInstanceBytes = 5000;

interface Bed {
  store: Store;
  /** What the ledger was given. */
  sent: ImageToStore[];
  /** As the follower does when the seal of the image that was sent first is in a block. */
  seal(): void;
  /** What the ledger says of images that are sent from now on. */
  answer: { accepted: Promise<void>; mined: Promise<void> };
  left(): Promise<string[]>;
}

const never = new Promise<void>(() => undefined);

/** A store over a ledger that says what the test wants: here it is about what the store makes of it. */
async function bedIn(folder: string, options: Partial<StoreOptions> = {}): Promise<Bed> {
  const sent: ImageToStore[] = [];
  const projected = new Map<string, Partial<CatalogInstance>>();
  const progress = createProgress();
  const bed: Pick<Bed, 'answer'> = { answer: { accepted: Promise.resolve(), mined: never } };
  const ledger = {
    depths: { sealed: 1, final: 1 },
    store: (image: ImageToStore): StoreTicket => {
      sent.push(image);
      return bed.answer;
    },
  } as unknown as Ledger;
  const store = openStore(
    {
      ledger,
      catalog: { image: (imageKey: string) => projected.get(imageKey) } as unknown as Catalog,
      keys: testKeys,
      spool: await openSpool({ folder, maxInstanceBytes, minFreeBytes: 0 }),
      pictures: { preview: async () => Buffer.from('preview') } as unknown as Pictures,
      progress,
      log: silentLog,
    },
    { windowBytes: 1_000_000, acknowledge: 'sealed', patientIdIssuer: 'north', ...options },
  );
  return Object.assign(bed, {
    store,
    sent,
    seal: () => {
      projected.set(sent[0]!.imageKey, { state: 'sealed', sealedBlock: 1n });
      progress.advance({ number: 1n, hash: '0x1' });
    },
    left: () => readdir(folder),
  });
}

async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise(setImmediate);
}

/** Until its spool file cannot be read any more. */
const untilClosed = ({ instance }: ImageToStore): Promise<void> =>
  until(() =>
    instance.read(0, 1).then(
      () => false,
      () => true,
    ),
  );

const put = async ({ store }: Bed, file = slice()): Promise<Outcome> => (await store.receive(partOf(file))).outcome;

describe('openStore', () => {
  it('sends what came, under keys, and answers when it is sealed and projected', () =>
    inFolder(async (folder) => {
      const bed = await bedIn(folder);
      bed.answer = { accepted: Promise.resolve(), mined: Promise.resolve() };
      let answered = false;
      const outcome = put(bed).finally(() => (answered = true));
      await until(() => bed.sent.length === 1);
      expect(answered).toBe(false);
      bed.seal();
      expect(await outcome).toMatchObject({ kind: 'stored', SOPInstanceUID: '1.2.3.4', alreadyThere: false });
      expect(bed.sent[0]).toMatchObject({
        imageKey: testKeys.imageKey('1.2.3.4'),
        patientKey: testKeys.patientKey({ PatientID: 'P-1', IssuerOfPatientID: 'north', StudyInstanceUID: '1.2.3.5' }),
        preview: Buffer.from('preview'),
      });
      expect(await bed.left()).toEqual([]);
    }));

  it('sends the same that comes twice at a time once', () =>
    inFolder(async (folder) => {
      const bed = await bedIn(folder);
      bed.answer = { accepted: Promise.resolve(), mined: Promise.resolve() };
      const outcomes = [put(bed), put(bed)];
      await until(() => bed.sent.length === 1);
      await until(async () => (await bed.left()).length === 1);
      bed.seal();
      const stored = (await Promise.all(outcomes)).map((outcome) => outcome.kind === 'stored' && outcome.alreadyThere);
      expect(stored.sort()).toEqual([false, true]);
      expect(bed.sent).toHaveLength(1);
    }));

  it.each([
    ['conflict', 0x0111],
    ['gone', 0x0110],
    ['chain-refused', 0x0110],
    ['not-authorized', 0x0124],
  ] as const)('refuses what the chain refuses as %s, and keeps nothing of it', (code, reason) =>
    inFolder(async (folder) => {
      const bed = await bedIn(folder);
      bed.answer = { accepted: Promise.resolve(), mined: Promise.reject(new LedgerError(code, 'No.')) };
      expect(await put(bed)).toMatchObject({ kind: 'refused', reason, SOPInstanceUID: '1.2.3.4' });
      expect(await bed.left()).toEqual([]);
    }),
  );

  it('reads on behind a part that is too large', () =>
    inFolder(async (folder) => {
      const { store } = await bedIn(folder);
      const part = partOf(Buffer.alloc(maxInstanceBytes * 2));
      expect(await (await store.receive(part)).outcome).toMatchObject({ reason: 0xa700, code: 'too-large' });
      expect(part.body.readableEnded).toBe(true);
    }));

  it('does not read a part to its end that has none', () =>
    inFolder(async (folder) => {
      const { store } = await bedIn(folder);
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
      const bed = await bedIn(folder, accepting);
      let fail!: (error: Error) => void;
      const mined = new Promise<void>((_, reject) => (fail = reject));
      bed.answer = { accepted: Promise.resolve(), mined };
      expect(await put(bed)).toMatchObject({ kind: 'stored' });
      fail(new LedgerError('not-authorized', 'Not yet a site.'));
      await untilClosed(bed.sent[0]!);
      expect(await bed.left()).toHaveLength(1);

      const next = await bedIn(folder, accepting);
      next.answer = { accepted: Promise.resolve(), mined: Promise.resolve() };
      await next.store.recover();
      await until(() => next.sent.length === 1);
      next.seal();
      await until(async () => (await next.left()).length === 0);
    }));

  it('gives up what can never be stored', () =>
    inFolder(async (folder) => {
      const bed = await bedIn(folder, accepting);
      let fail!: (error: Error) => void;
      bed.answer = { accepted: Promise.resolve(), mined: new Promise<void>((_, reject) => (fail = reject)) };
      expect(await put(bed)).toMatchObject({ kind: 'stored' });
      fail(new LedgerError('gone', 'It was retired.'));
      await until(async () => (await bed.left()).length === 0);
    }));
});

describe('Store.close', () => {
  it('answers what is under way with unavailable and keeps it, readable for the ledger until that has settled', () =>
    inFolder(async (folder) => {
      const bed = await bedIn(folder);
      let settle!: (error: Error) => void;
      bed.answer = { accepted: Promise.resolve(), mined: new Promise<void>((_, reject) => (settle = reject)) };
      const outcome = put(bed);
      await until(() => bed.sent.length === 1);
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
      const bed = await bedIn(folder);
      const { outcome } = await bed.store.receive(partOf(slice()));
      await bed.store.close();
      expect(await outcome).toMatchObject({ code: 'unavailable' });
      expect(bed.sent).toEqual([]);
      expect(await bed.left()).toHaveLength(1);
    }));

  it('takes nothing more, and lets none in that waits for room', () =>
    inFolder(async (folder) => {
      const bed = await bedIn(folder, { windowBytes: 1 });
      const first = put(bed);
      await until(() => bed.sent.length === 1);
      const waiting = bed.store.receive(partOf(slice({ SOPInstanceUID: '1.2.3.9' })));
      const refused = expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
      await bed.store.close();
      await refused;
      await expect(bed.store.receive(partOf(slice()))).rejects.toMatchObject({ code: 'unavailable' });
      expect(await first).toMatchObject({ code: 'unavailable' });
      expect(await bed.left()).toHaveLength(1);
    }));

  it('leaves in the spool what an earlier process left there and is not finished', () =>
    inFolder(async (folder) => {
      const first = await bedIn(folder);
      for (const SOPInstanceUID of ['1.2.3.1', '1.2.3.2', '1.2.3.3'])
        await first.store.receive(partOf(slice({ SOPInstanceUID, size: 60 })));
      await first.store.close();

      const next = await bedIn(folder, { windowBytes: 1 });
      const recovering = next.store.recover();
      await until(() => next.sent.length === 1);
      await next.store.close();
      await recovering;
      expect(next.sent).toHaveLength(1);
      expect(await next.left()).toHaveLength(3);
    }));
});
