import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { CatalogReader, InstanceBodies } from '../../catalog/catalog.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import type { Body, Ledger } from '../../ledger/ledger.js';
import { LedgerError } from '../../base/errors.js';
import type { FoundInstance } from '../archive.js';
import { bodyText } from '../body-text.js';
import { headerOf } from '../testing/store-bed.js';
import { slice } from '../testing/parts.js';
import { bodySource } from './body-source.js';
import { createHeaderCache } from './header-cache.js';
import { createRetrieve, type RetrieveDependencies } from './retrieve.js';
import { createMadeCache } from './made-cache.js';
import { noSecrets } from '../testing/no-secrets.js';

const sha256 = 'ab'.repeat(32);

/** An archive of one instance, with what its catalogue gives and how often it was asked. */
async function archiveOf(
  file: Buffer,
  requireVerified: RetrieveDependencies['requireVerified'] = async () => undefined,
) {
  const body = { scheme: 0, byteCount: file.length, pieceBytes: file.length, root: '0x01', sha256: `0x${sha256}` };
  const known: { bodies: InstanceBodies | undefined; reads: number } = {
    bodies: {
      ...{ contentKey: 'one', header: await headerOf(file) },
      ...{ body: bodyText(body as unknown as Body), pages: undefined },
    },
    reads: 0,
  };
  const catalog = {
    bodies: () => {
      known.reads++;
      return known.bodies;
    },
  } as unknown as CatalogReader;
  const ledger = { readPieces: async () => [file] } as unknown as Ledger;
  const found = {
    imageId: '0x01',
    SOPInstanceUID: '1.2.3.4',
    contentKey: 'one',
    state: 'sealed',
    isVerified: true,
    mediaType: 'application/dicom',
    transferSyntaxUID: '1.2.840.10008.1.2.1',
    byteCount: file.length,
    sha256,
    instance: {},
  } as unknown as FoundInstance;
  return {
    known,
    found,
    archive: createRetrieve({
      ...{ catalog, headers: createHeaderCache(), pictures: {} as PictureWorkers, made: createMadeCache() },
      sourceOf: (instance, of) => bodySource({ ledger, secrets: noSecrets }, { ...instance, ...of }),
      requireVerified,
    }),
  };
}

describe('createRetrieve, open', () => {
  const file = slice({ size: 8, grey: 7 });

  it('reads the header once for all that is asked of an instance', async () => {
    const { known, found, archive } = await archiveOf(file);
    const stored = await archive.open(found);
    expect(stored.frameCount).toBe(1);
    expect(stored.existingFrames([1, 2])).toEqual({ numbers: [1], missing: [2] });
    expect(await buffer(Readable.from((await stored.frame(1, 'stored')).open()))).toEqual(Buffer.alloc(64, 7));
    expect(await buffer(Readable.from(stored.storedFile().open(100)))).toEqual(file.subarray(100));
    expect(known.reads).toBe(1);
  });

  it('has an instance verified that is not, before anything of it is read', async () => {
    const asked: FoundInstance[] = [];
    const refuse = async (instance: FoundInstance): Promise<void> => {
      asked.push(instance);
      throw new LedgerError('corrupt', 'It is not what was announced.');
    };
    const { known, found, archive } = await archiveOf(file, refuse);
    const unverified = { ...found, isVerified: false };
    await expect(archive.open(unverified)).rejects.toMatchObject({ code: 'corrupt' });
    expect([asked, known.reads]).toEqual([[unverified], 0]);
    await archive.open(found);
    expect(asked).toHaveLength(1);
  });

  it('knows no frame beyond the last, and none before the first', async () => {
    const { found, archive } = await archiveOf(file);
    const stored = await archive.open(found);
    for (const number of [0, 2]) {
      expect(() => stored.existingFrames([number])).toThrow(`Frame ${number} does not exist`);
      await expect(stored.frame(number, 'stored')).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it.each([
    ['announced', 'unavailable'],
    ['retired', 'gone'],
  ] as const)('gives nothing of an instance that is %s meanwhile, though its header is known', async (state, code) => {
    const { found, archive } = await archiveOf(file);
    await (await archive.open(found)).frame(1, 'stored');
    const stored = await archive.open({ ...found, state });
    expect(stored.frameCount).toBe(1);
    expect(() => stored.storedFile()).toThrow(code === 'gone' ? 'retired' : 'on their way to the chain');
    for (const asked of [stored.frame(1, 'stored'), stored.instance('stored'), stored.bulkData('7FE00010')])
      await expect(asked).rejects.toMatchObject({ code });
  });

  it('asks the catalogue once for what a sealed content is read by', async () => {
    const { known, found, archive } = await archiveOf(file);
    known.bodies = { ...(known.bodies as InstanceBodies), pages: '[]' };
    for (let times = 0; times < 3; times++) await archive.open(found);
    expect(known.reads).toBe(1);
    known.bodies = { ...known.bodies, contentKey: 'other' };
    await archive.open({ ...found, contentKey: 'other' });
    expect(known.reads).toBe(2);
  });

  it('has the file of a sealed and verified instance at hand once it was given', async () => {
    const { known, found: sealed, archive } = await archiveOf(file);
    known.bodies = { ...(known.bodies as InstanceBodies), pages: '[]' };
    expect(archive.fileAtHand(sealed)).toBeUndefined();
    const given = await (await archive.open(sealed)).instance('stored');
    const { open, ...said } = archive.fileAtHand(sealed)!;
    expect(said).toEqual({ ...given, open: undefined });
    expect(await buffer(Readable.from(open(100)))).toEqual(file.subarray(100));
    expect(known.reads).toBe(1);
    for (const other of [
      { ...sealed, state: 'announced' as const },
      { ...sealed, state: 'retired' as const },
      { ...sealed, isVerified: false },
      { ...sealed, contentKey: 'other' },
    ])
      expect(archive.fileAtHand(other)).toBeUndefined();
  });

  it('opens nothing that a reorganisation has taken back or replaced since it was found', async () => {
    const { known, found, archive } = await archiveOf(file);
    await expect(archive.open({ ...found, contentKey: 'other' })).rejects.toMatchObject({ code: 'unavailable' });
    known.bodies = undefined;
    await expect(archive.open(found)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  });
});
