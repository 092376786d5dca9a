// About 25 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Outcome } from './archive/outcome.js';
import { partOf, slice } from './archive/testing/parts.js';
import { verifyInstance } from './archive/retrieve/verify-instance.js';
import type { CatalogReader } from './catalog/catalog.js';
import { readConfig } from './config.js';
import { openContentVerifier } from './dicom/verify/open-content-verifier.js';
import type { Ledger } from './ledger/ledger.js';
import { beginWithRelease1 } from './ledger/testing/begin-with-release-1.js';
import { silentLog } from './base/log.js';
import { openSite, type Site } from './site.js';
import { createBodySecrets } from './archive/secrecy/body-secrets.js';

let folder: string;
let site: Site;
const contents = openContentVerifier();
const open = (settings: Record<string, string> = {}): Promise<Site> =>
  openSite(readConfig({ DATA_DIR: folder, MIN_FREE_BYTES: '0', PIECE_COMPRESSION: 'off', ...settings }), silentLog);
const put = async (file: Buffer): Promise<Outcome> => (await site.archive.receive(partOf(file))).outcome;
const secrets = () =>
  createBodySecrets({ chainId: site.ledger.chainId, ...(site.keyring && { keyring: site.keyring }) });
const spooled = (): Promise<string[]> => readdir(path.join(folder, 'spool'));

afterAll(() => contents.close());

describe.each([1, 2])('a site whose archive began with release %d', (release) => {
  const isEncrypted = release === 2;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-site-'));
    if (release === 1) await beginWithRelease1(folder);
    site = await open();
  });
  afterAll(async () => {
    await site.close();
    await rm(folder, { recursive: true, force: true });
  });

  describe('openSite', () => {
    it('stores, says already there for the same, refuses another content, and keeps nothing in the spool', async () => {
      const file = slice({ SOPInstanceUID: '1.2.3.10' });
      expect(await put(file)).toMatchObject({ kind: 'stored', alreadyThere: false });
      expect(await put(file)).toMatchObject({ kind: 'stored', alreadyThere: true });
      expect(await put(slice({ SOPInstanceUID: '1.2.3.10', grey: 9 }))).toMatchObject({ reason: 0x0111 });
      expect(await spooled()).toEqual([]);
      const stored = (await site.catalog.seenBy('everything').instance('1.2.3.10'))!;
      const parts: Buffer[] = [];
      for await (const part of (await (await site.archive.open(stored)).instance('stored')).open()) parts.push(part);
      expect(Buffer.concat(parts)).toEqual(file);
    });

    it('refuses what is none of the study of the URL, and garbage', async () => {
      const part = partOf(slice({ SOPInstanceUID: '1.2.3.11' }), { StudyInstanceUID: '1.9' });
      expect(await (await site.archive.receive(part)).outcome).toMatchObject({ reason: 0xa900 });
      expect(await put(Buffer.from('garbage'))).toMatchObject({ kind: 'refused', reason: 0xc000 });
      expect(await spooled()).toEqual([]);
    });

    it('refuses a second one on the same folder', async () => {
      await expect(open()).rejects.toMatchObject({ code: 'locked' });
    });

    it('finishes after a restart what a stop has cut off', async () => {
      await site.close();
      site = await open({ EMBEDDED_PERIOD_MS: '600000' });
      const { outcome } = await site.archive.receive(partOf(slice({ SOPInstanceUID: '1.2.3.12' })));
      await site.stopStoring();
      expect(await outcome).toMatchObject({ kind: 'refused', code: 'unavailable' });
      await site.close();
      expect(await spooled()).toHaveLength(1);

      site = await open();
      while (
        (await site.catalog.seenBy('everything').instance('1.2.3.12'))?.state !== 'sealed' ||
        (await spooled()).length > 0
      )
        await new Promise(setImmediate);
    });

    it('retires once, for ever', async () => {
      const file = slice({ SOPInstanceUID: '1.2.3.13' });
      await put(file);
      await site.archive.retire('1.2.3.13', 'wrong side');
      expect((await site.catalog.seenBy('everything').instance('1.2.3.13'))?.state).toBe('retired');
      await expect(site.archive.retire('1.2.3.13', 'again')).rejects.toMatchObject({ code: 'gone' });
      await expect(site.archive.retire('1.2.3.99', 'unknown')).rejects.toMatchObject({ code: 'not-found' });
      expect(await put(file)).toMatchObject({ kind: 'refused', reason: 0x0110 });
    });
  });

  describe('verifyInstance', () => {
    const uid = '1.2.3.20';
    beforeAll(async () => {
      await put(slice({ SOPInstanceUID: uid, size: 300 }));
    });
    const over = <T extends object>(object: T, also: Partial<T>): T => Object.assign(Object.create(object) as T, also);

    it('finds an instance intact', async () => {
      const byteCount = slice({ SOPInstanceUID: uid, size: 300 }).length;
      expect(await site.archive.verify(uid)).toEqual({ byteCount, pieceCount: isEncrypted ? 4 : 3, problems: [] });
    });

    it('names other bytes than were announced', async () => {
      const ledger: Ledger = over(site.ledger, {
        readPieces: async (body, from, count) => {
          const pieces = await site.ledger.readPieces(body, from, count);
          const [last] = pieces.slice(-1);
          if (last) last[last.length - 1]! ^= 1;
          return pieces;
        },
      });
      const { problems } = await verifyInstance(
        { ledger, secrets: secrets(), contents, catalog: site.catalog.seenBy('everything') },
        uid,
      );
      expect(problems).toEqual([
        expect.stringMatching(isEncrypted ? /not what was encrypted/ : /^SHA-256 of the bytes on the chain is/),
      ]);
    });

    it('names a header that is of other bytes', async () => {
      await put(slice({ SOPInstanceUID: '1.2.3.21', size: 300 }));
      const seen = site.catalog.seenBy('everything');
      const other = (await seen.bodies((await seen.instance('1.2.3.21'))!.id))!;
      const catalog: CatalogReader = over(seen, {
        bodies: async (id) => ({ ...(await seen.bodies(id))!, header: other.header }),
      });
      const { problems } = await verifyInstance({ ledger: site.ledger, secrets: secrets(), contents, catalog }, uid);
      expect(problems).toEqual([expect.stringMatching(/^The header/)]);
    });

    it('rejects for an unknown instance', async () => {
      await expect(site.archive.verify('1.2.3.99')).rejects.toMatchObject({ code: 'not-found' });
    });
  });

  describe('PIECE_COMPRESSION', () => {
    const pieceCountOf = async (uid: string): Promise<number> => (await site.archive.verify(uid)).pieceCount;
    const bytesOf = async (uid: string): Promise<Buffer> => {
      const parts: Buffer[] = [];
      const stored = await site.archive.open((await site.catalog.seenBy('everything').instance(uid))!);
      for await (const part of (await stored.instance('stored')).open()) parts.push(part);
      return Buffer.concat(parts);
    };
    const reopen = async (settings: Record<string, string>): Promise<void> => {
      await site.close();
      site = await open(settings);
    };
    const files = Object.fromEntries(
      ['1.2.3.30', '1.2.3.31', '1.2.3.32'].map((uid) => [uid, slice({ SOPInstanceUID: uid, size: 300 })]),
    );

    it('makes fewer pieces of an instance, whatever the others have, and gives the same bytes', async () => {
      await put(files['1.2.3.30']!);
      await reopen({ PIECE_COMPRESSION: 'on' });
      await put(files['1.2.3.31']!);
      expect([await pieceCountOf('1.2.3.30'), await pieceCountOf('1.2.3.31')]).toEqual([isEncrypted ? 4 : 3, 1]);
      await reopen({ PIECE_COMPRESSION: 'off' });
      for (const uid of ['1.2.3.30', '1.2.3.31']) {
        const file = files[uid]!;
        expect((await bytesOf(uid)).equals(file)).toBe(true);
        expect(await site.archive.verify(uid)).toMatchObject({ byteCount: file.length, problems: [] });
        expect(await site.catalog.seenBy('everything').instance(uid)).toMatchObject({ byteCount: file.length });
      }
      expect(await put(files['1.2.3.31']!)).toMatchObject({ kind: 'stored', alreadyThere: true });
    });

    it('gives the frame and the range that are asked for', async () => {
      const file = files['1.2.3.31']!;
      const stored = await site.archive.open((await site.catalog.seenBy('everything').instance('1.2.3.31'))!);
      const frame: Buffer[] = [];
      for await (const part of (await stored.frame(1, 'stored')).open()) frame.push(part);
      expect(Buffer.concat(frame).equals(Buffer.alloc(90_000, 7))).toBe(true);
      const rest: Buffer[] = [];
      for await (const part of stored.storedFile().open(70_001)) rest.push(part);
      expect(Buffer.concat(rest).equals(file.subarray(70_001))).toBe(true);
    });

    it('finishes what was begun with the other value', async () => {
      await reopen({ PIECE_COMPRESSION: 'off', EMBEDDED_PERIOD_MS: '600000' });
      const { outcome } = await site.archive.receive(partOf(files['1.2.3.32']!));
      await site.stopStoring();
      expect(await outcome).toMatchObject({ kind: 'refused', code: 'unavailable' });
      await reopen({ PIECE_COMPRESSION: 'on' });
      while (
        (await site.catalog.seenBy('everything').instance('1.2.3.32'))?.state !== 'sealed' ||
        (await spooled()).length > 0
      )
        await new Promise(setImmediate);
      expect((await bytesOf('1.2.3.32')).equals(files['1.2.3.32']!)).toBe(true);
    });

    it('says that a packed instance is corrupt whose pieces are not what was packed', async () => {
      const readPieces: Ledger['readPieces'] = async (...of) =>
        (await site.ledger.readPieces(...of)).map((piece) => Buffer.alloc(piece.length, 0xff));
      const ledger: Ledger = Object.assign(Object.create(site.ledger) as Ledger, { readPieces });
      const { problems } = await verifyInstance(
        { ledger, secrets: secrets(), contents, catalog: site.catalog.seenBy('everything') },
        '1.2.3.31',
      );
      expect(problems).toEqual([expect.stringMatching(isEncrypted ? /encrypted under another key/ : /packed body/)]);
    });
  });
});
