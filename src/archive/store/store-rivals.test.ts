import { until } from '../../base/testing/until.js';
import { describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import type { KeyHolder } from '../../catalog/catalog.js';
import { testPseudonyms } from '../testing/event-maker.js';
import { inFolder, slice } from '../testing/parts.js';
import { type BedOptions, headerOf, projectedHeader, put, type StoreBed, storeBed } from '../testing/store-bed.js';

/** No test here lets a block come: whatever waits for one waits for ever. */
const imageId = testPseudonyms.imageKey('1.2.3.4');
const long = 60_000;
const waits = { readMs: long, rivalMs: long, unseenMs: long };
const conflict = new LedgerError('conflict', 'No.', { details: { siteId: 2, sha256: '0xff' } });
const details = { siteId: 2, takeoverBlock: 3_607n };
const announcedOther = new LedgerError('conflict', 'No.', { details: { ...details, sha256: '0xff' } });
const announcedSame = new LedgerError('unavailable', 'No.', { retryable: true, details });
const refused = { kind: 'refused', reason: 0x0111, SOPInstanceUID: '1.2.3.4' };
const busy = { kind: 'refused', reason: 0xa700, code: 'unavailable' };

/** What the follower has projected of the same data set under another File Meta. */
const sameContent = async () => ({ sha256: 'other', ...(await projectedHeader(slice())) });

/** A store over a ledger that answers so. */
async function bedWith(folder: string, failure: Error | undefined, options: BedOptions = {}): Promise<StoreBed> {
  const bed = await storeBed(folder, { waits, ...options });
  bed.advance(7n);
  bed.answer = failure ? Promise.reject(failure) : Promise.resolve();
  bed.answer.catch(() => undefined);
  return bed;
}

const nothingLeft = (bed: StoreBed): Promise<unknown> =>
  until('nothing in the spool', async () => (await bed.left()).length === 0);
const isOpen = async (promise: Promise<unknown>): Promise<boolean> => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  return Promise.race([promise.then(() => false), Promise.resolve(true)]);
};

describe('openStore, when a UID is taken by what cannot be shown', () => {
  it.each<[KeyHolder, number, string]>([
    [{ siteId: 2, state: 'sealed', hidden: 'unreadable' }, 0x0111, 'Site 2 .*quarantine'],
    [{ siteId: 3, state: 'sealed', hidden: 'bytes' }, 0x0111, 'Site 3 .*bytes'],
    [{ siteId: 2, state: 'retired', hidden: 'image-key' }, 0x0110, 'retired'],
    [{ siteId: 2, state: 'retired', hidden: 'waiting' }, 0x0110, 'retired'],
  ])('refuses at once, asks no ledger, and says whose it is: %j', (holder, reason, named) =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, conflict);
      bed.hide(holder, imageId);
      const message = expect.stringMatching(named);
      expect(await put(bed)).toMatchObject({ ...refused, reason, message });
      expect(bed.sent).toEqual([]);
      await nothingLeft(bed);
    }),
  );

  it.each([
    ['of other content', announcedOther],
    ['that claims the same content', announcedSame],
  ])('is refused at once by an announcement %s that is in quarantine, with the block that ends it', (_, failure) =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, failure);
      bed.hide({ state: 'announced' }, imageId);
      expect(await put(bed)).toMatchObject({ ...refused, message: expect.stringMatching('Site 2.*block 3607') });
      // The contract may let this site take it over: only it knows.
      expect(bed.sent).toHaveLength(1);
    }),
  );

  it('is refused when it is read and found wrong, or not read in time', () =>
    inFolder(async (folder) => {
      const patient = await bedWith(folder, conflict);
      patient.hide({ state: 'announced', hidden: 'waiting' }, imageId);
      const outcome = put(patient);
      await until('an image at the ledger', () => patient.sent.length === 1);
      expect(await isOpen(outcome)).toBe(true);
      patient.hide({ state: 'announced', hidden: 'too-large' });
      expect(await outcome).toMatchObject({ ...refused, message: expect.stringContaining('too-large') });

      const hasty = await bedWith(folder, announcedOther, { waits: { ...waits, readMs: 1 } });
      hasty.hide({ state: 'announced', hidden: 'waiting' }, imageId);
      expect(await put(hasty)).toMatchObject({ ...refused, message: expect.stringMatching('site 2.*block 3607') });
    }));
});

describe('openStore, when another site stores the same object', () => {
  it('and does not seal it, says when this site may', () =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, announcedSame);
      expect(await put(bed)).toMatchObject({ ...busy, message: expect.stringMatching('Site 2.*block 3607') });
      await nothingLeft(bed);
    }));

  it('in other bytes, and does not seal it, says the same after some time', () =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, announcedOther, { waits: { ...waits, rivalMs: 1 } });
      bed.seal({ imageId, siteId: 2, ...(await sameContent()), state: 'announced', sealedBlock: undefined }, 7n);
      expect(await put(bed)).toMatchObject({ ...busy, message: expect.stringMatching('Site 2.*block 3607') });
    }));

  it('tries again for ever what it has promised', () =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, announcedSame, { acknowledge: 'accepted' });
      expect(await put(bed)).toMatchObject({ kind: 'stored' });
      await until('two images at the ledger', () => bed.sent.length === 2);
      bed.answer = Promise.resolve();
      await until('a third', () => bed.sent.length === 3);
      bed.seal({ imageId });
      await nothingLeft(bed);
    }));

  it('in other bytes, and this site is far behind, gives nothing up that it has promised', () =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, conflict, { acknowledge: 'accepted', waits: { ...waits, readMs: 1 } });
      expect(await put(bed)).toMatchObject({ kind: 'stored' });
      await until('two images at the ledger', () => bed.sent.length === 2);
      bed.seal({ imageId, siteId: 2, ...(await sameContent()) });
      await nothingLeft(bed);
    }));

  it('and has sealed it, waits until that is verified', () =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, undefined);
      const theirs = { imageId, siteId: 2, ...(await sameContent()), isVerified: false };
      bed.seal(theirs, 7n);
      const outcome = put(bed);
      await until('the part in the spool', async () => (await bed.left()).length === 1);
      expect(await isOpen(outcome)).toBe(true);
      bed.seal({ ...theirs, isVerified: true }, 7n);
      expect(await outcome).toMatchObject({ kind: 'stored', alreadyThere: true });
      expect(bed.sent).toEqual([]);
    }));

  it('and has sealed other bytes under its digest, refuses it', () =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, undefined);
      bed.seal({ imageId, siteId: 2, ...(await sameContent()), isVerified: false }, 7n);
      const outcome = put(bed);
      await until('the part in the spool', async () => (await bed.left()).length === 1);
      expect(await isOpen(outcome)).toBe(true);
      bed.hide({ hidden: 'bytes' }, imageId);
      expect(await outcome).toMatchObject({ ...refused, message: expect.stringMatching('Site 2.*bytes') });
    }));

  it.each<['rivalMs' | 'readMs', Partial<KeyHolder> | undefined]>([
    ['rivalMs', undefined],
    ['readMs', { hidden: 'waiting' }],
  ])('and has sealed it, says after some time that it is not verified (%s)', (limit, holder) =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, undefined, { waits: { ...waits, [limit]: 1 } });
      bed.seal({ imageId, siteId: 2, ...(await sameContent()), isVerified: false }, 7n);
      if (holder) bed.hide(holder, imageId);
      expect(await put(bed)).toMatchObject({ ...busy, message: expect.stringMatching('Site 2.*verified') });
      expect(bed.sent).toEqual([]);
    }),
  );
});

describe('openStore, when its seal does not come into the catalogue', () => {
  const hasty = { waits: { ...waits, unseenMs: 1 } };
  it('asks the contract, waits on while that has it, and sends it again when that has not', () =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, undefined, hasty);
      let asked = 0;
      bed.dependencies.ledger.image = async () =>
        ++asked === 5 ? undefined : { siteId: 1, state: 'sealed', sha256: '0x' };
      const outcome = put(bed);
      await until('two images at the ledger', () => bed.sent.length === 2);
      expect(asked).toBeGreaterThanOrEqual(5);
      bed.seal();
      expect(await outcome).toMatchObject({ kind: 'stored' });
    }));

  it('waits on while nobody can be asked', () =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, undefined, hasty);
      let asked = 0;
      bed.dependencies.ledger.image = async () => {
        asked++;
        throw new LedgerError('unavailable', 'No node answers.', { retryable: true });
      };
      const outcome = put(bed);
      await until('three questions', () => asked >= 3);
      expect(bed.sent).toHaveLength(1);
      bed.seal();
      expect(await outcome).toMatchObject({ kind: 'stored' });
    }));

  it("says so when it is another site's", () =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, undefined, hasty);
      bed.onChain = { siteId: 2, state: 'sealed', sha256: '0x' };
      expect(await put(bed)).toMatchObject({ ...busy, message: expect.stringContaining('verified') });
    }));

  it('refuses it as soon as it is found wrong', () =>
    inFolder(async (folder) => {
      const bed = await bedWith(folder, undefined);
      const outcome = put(bed);
      await until('an image at the ledger', () => bed.sent.length === 1);
      bed.hide({ hidden: 'preview' });
      expect(await outcome).toMatchObject({ ...refused, message: expect.stringContaining('preview') });
    }));
});

describe('openStore, of a header that no site would read', () => {
  it.each(['sealed', 'accepted'] as const)(
    'refuses it before it is announced, and names the bound (%s)',
    (acknowledge) =>
      inFolder(async (folder) => {
        const { length } = await headerOf(slice());
        const bed = await bedWith(folder, undefined, { acknowledge, maxHeaderBytes: length });
        const message = expect.stringMatching(`${length} bytes.*MAX_HEADER_BYTES`);
        expect(await put(bed)).toMatchObject({ kind: 'refused', reason: 0xa700, code: 'too-large', message });
        expect(bed.sent).toEqual([]);
        await nothingLeft(bed);
      }),
  );
});
