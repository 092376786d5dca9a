import { describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { LedgerError } from '../../base/errors.js';
import { openSpool, type Spool, type SpooledPart, type SpoolLabel } from './spool.js';
import { inFolder, slice, streamOf } from '../testing/parts.js';

const label: SpoolLabel = { mediaType: 'application/dicom' };
const open = (folder: string, also: { maxInstanceBytes?: number; minFreeBytes?: number } = {}): Promise<Spool> =>
  openSpool({ folder, maxInstanceBytes: 5000, minFreeBytes: 0, ...also });
const bytesOf = ({ bytes }: SpooledPart): Promise<Buffer> => bytes.read(0, bytes.byteCount);

async function all(spool: Spool): Promise<SpooledPart[]> {
  const parts: SpooledPart[] = [];
  for await (const part of spool.leftovers()) parts.push(part);
  return parts;
}

describe('openSpool', () => {
  it('keeps a part as it came, with its digests', () =>
    inFolder(async (folder) => {
      const file = slice({ size: 60 });
      const part = await (await open(folder)).write(label, streamOf(file));
      expect(await bytesOf(part)).toEqual(file);
      expect(await part.bytes.read(10, 5)).toEqual(file.subarray(10, 15));
      expect(part.sha256).toBe(createHash('sha256').update(file).digest('hex'));
      const again = await (await open(folder)).write(label, streamOf(slice({ size: 60, grey: 8 })));
      expect(part.dataSetSha256).toMatch(/^[0-9a-f]{64}$/);
      expect(again.dataSetSha256).not.toBe(part.dataSetSha256);
      await Promise.all([part.discard(), again.discard()]);
      expect(await readdir(folder)).toEqual([]);
    }));

  it.each([4999, 5000])('takes %d of at most 5,000 bytes', (byteCount) =>
    inFolder(async (folder) => {
      const part = await (await open(folder)).write(label, streamOf(Buffer.alloc(byteCount)));
      expect(part.bytes.byteCount).toBe(byteCount);
      await part.discard();
    }),
  );

  it.each([1024 * 1024, 1024 * 1024 + 1])('writes and gives %d bytes that come in many pieces', (byteCount) =>
    inFolder(async (folder) => {
      const bytes = randomBytes(byteCount);
      const pieces = Array.from({ length: 100 }, (_, i) => bytes.subarray(i * 10_500, (i + 1) * 10_500));
      const spool = await open(folder, { maxInstanceBytes: 2 ** 21 });
      const part = await spool.write(label, Readable.from(pieces, { objectMode: false }));
      expect((await bytesOf(part)).equals(bytes)).toBe(true);
      expect((await part.bytes.read(300_001, 500_000)).equals(bytes.subarray(300_001, 800_001))).toBe(true);
      await expect(part.bytes.read(byteCount, 1)).rejects.toMatchObject({ code: 'corrupt' });
      expect(part.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      await part.close();
      const [left] = await all(await open(folder));
      expect((await bytesOf(left!)).equals(bytes)).toBe(true);
      await left!.discard();
    }),
  );

  it('writes and gives what comes byte by byte', () =>
    inFolder(async (folder) => {
      const bytes = randomBytes(3_000);
      const one = Array.from(bytes, (byte) => Buffer.from([byte]));
      const part = await (await open(folder)).write(label, Readable.from(one, { objectMode: true }));
      expect((await bytesOf(part)).equals(bytes)).toBe(true);
      await part.discard();
    }));

  it('gives small parts also when so many came that they do not stay in memory', () =>
    inFolder(async (folder) => {
      const spool = await open(folder, { maxInstanceBytes: 2 ** 20 });
      const grey = (n: number): Buffer => Buffer.alloc(2 ** 20, n);
      const parts = await Promise.all(Array.from({ length: 20 }, (_, n) => spool.write(label, streamOf(grey(n)))));
      for (const [n, part] of parts.entries()) expect((await bytesOf(part)).equals(grey(n))).toBe(true);
      await Promise.all(parts.map((part) => part.discard()));
      expect(await readdir(folder)).toEqual([]);
    }));

  it('refuses one byte more, leaves nothing of it, and leaves the stream open', () =>
    inFolder(async (folder) => {
      const body = streamOf(Buffer.alloc(7001));
      await expect((await open(folder)).write(label, body)).rejects.toMatchObject({ code: 'too-large' });
      expect(await readdir(folder)).toEqual([]);
      expect(body.destroyed).toBe(false);
      expect((await buffer(body)).at(-1)).toBe(0);
    }));

  it('refuses when less than the reserve is free', () =>
    inFolder(async (folder) => {
      const spool = await open(folder, { minFreeBytes: 2 ** 60 });
      const writing = spool.write(label, streamOf(Buffer.alloc(10)));
      await expect(writing).rejects.toMatchObject({ code: 'out-of-space', retryable: true });
      expect(await readdir(folder)).toEqual([]);
    }));

  it('leaves nothing of a part whose stream fails', () =>
    inFolder(async (folder) => {
      const body = Readable.from(
        (async function* () {
          yield Buffer.alloc(100);
          throw new LedgerError('bad-request', 'The client broke off.');
        })(),
        { objectMode: false },
      );
      await expect((await open(folder)).write(label, body)).rejects.toMatchObject({ code: 'bad-request' });
      expect(await readdir(folder)).toEqual([]);
    }));
});

describe('Spool.leftovers', () => {
  it('gives what was closed but not discarded, with its label and digests', () =>
    inFolder(async (folder) => {
      const image = { PatientID: 'P "\n1"', fileName: 'é\n.png', acquisition: '20240229' };
      const said: SpoolLabel = { mediaType: 'image/png', StudyInstanceUID: '1.2', image };
      const first = await open(folder);
      const part = await first.write(said, streamOf(Buffer.from('bytes\nof a picture')));
      await part.close();
      await (await first.write(label, streamOf(Buffer.from('gone')))).discard();

      const left = await all(await open(folder));
      expect(left).toMatchObject([{ ...said, sha256: part.sha256, dataSetSha256: part.dataSetSha256 }]);
      expect((await bytesOf(left[0]!)).toString()).toBe('bytes\nof a picture');
      await left[0]!.discard();
      expect(await all(await open(folder))).toEqual([]);
    }));

  it('gives an empty part', () =>
    inFolder(async (folder) => {
      await (await (await open(folder)).write(label, streamOf(Buffer.alloc(0)))).close();
      const [part] = await all(await open(folder));
      expect(part?.bytes.byteCount).toBe(0);
      await part?.discard();
    }));

  it('does not give what comes after it was opened', () =>
    inFolder(async (folder) => {
      const spool = await open(folder);
      const part = await spool.write(label, streamOf(Buffer.from('new')));
      expect(await all(spool)).toEqual([]);
      await part.discard();
    }));

  it('deletes half-written files, and passes over those that are none of its own', () =>
    inFolder(async (folder) => {
      await (await (await open(folder)).write(label, streamOf(Buffer.from('whole')))).close();
      for (const [name, content] of [
        ['half', '{"mediaType":"application/dicom"}\nby'],
        ['0-no-line.part', 'no line at all'],
        ['0-no-label.part', '{"mediaType\nbytes'],
        ['0-empty.part', ''],
      ] as const)
        await writeFile(path.join(folder, name), content);
      const left = await all(await open(folder));
      expect(await Promise.all(left.map(async (part) => (await bytesOf(part)).toString()))).toEqual(['whole']);
      await left[0]?.discard();
      expect(await readdir(folder)).toEqual([]);
    }));
});
