import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { encodeHeader } from './encode-header.js';
import { object, spell, text, type HandMade } from '../testing/hand-made.js';
import { openHeaderReader, type HeaderReader, type HeaderReaderOptions } from './open-header-reader.js';

const MIB = 2 ** 20;
const options: HeaderReaderOptions = { timeoutMs: 30_000, maxBytes: 2 * MIB };
const none = Buffer.alloc(0);
const own = { isForeign: false };
const foreign = { isForeign: true };

const headerOf = (elements: readonly HandMade[], more: Partial<InstanceHeader> = {}): InstanceHeader => ({
  source: 'part10',
  transferSyntaxUID: '1.2.840.10008.1.2',
  fileMeta: none,
  dataSetOffset: 330,
  dataSetSha256: 'ab'.repeat(32),
  dataSet: spell(elements, 'implicit'),
  bulk: [],
  frames: undefined,
  ...more,
});

const patient = [text(0x00100010, 'PN', 'RIGHT^PATIENT'), text(0x00100020, 'LO', 'R-1')];
const plain = encodeHeader(headerOf(object(...patient)));

/** A header of 2 MiB with as many elements as there is room for: each has a tag and no value. */
function poison(): Buffer {
  const first = spell(object(...patient), 'implicit');
  const many = Buffer.alloc(2 * MIB - 2000 - first.length - (first.length % 8));
  for (let at = 0; at + 8 <= many.length; at += 8) {
    const tag = 0x00210000 + at / 8;
    many.writeUInt16LE(tag >>> 16, at);
    many.writeUInt16LE(tag % 0x10000, at + 2);
  }
  return encodeHeader({ ...headerOf([]), dataSet: Buffer.concat([first, many]) });
}

const bomb = Buffer.concat([Buffer.from([1]), deflateRawSync(Buffer.alloc(120 * MIB))]);

describe('openHeaderReader', () => {
  let headers: HeaderReader;
  beforeAll(() => {
    headers = openHeaderReader(options);
  });
  afterAll(() => headers.close());

  const preview = (pixels: number, make = (image: Sharp) => image.jpeg()): Promise<Buffer> =>
    make(sharp({ create: { width: pixels, height: pixels, channels: 3, background: '#406080' } })).toBuffer();

  it('gives what a header says', async () => {
    const given = headerOf(object(...patient, text(0x00080060, 'CS', 'CT')), {
      fileName: 'a.png',
      patientIdIssuer: 'north',
      byteCount: 1234,
      bulk: [{ path: '00081160', vr: 'IS', offset: 999, byteCount: 5000 }],
    });
    const read = await headers.read({ header: encodeHeader(given), preview: none }, foreign);
    expect(read).toMatchObject({
      identity: { SOPInstanceUID: '1.2.3.4', StudyInstanceUID: '1.2.3.5', PatientID: 'R-1', IssuerOfPatientID: '' },
      transferSyntaxUID: '1.2.840.10008.1.2',
      source: 'part10',
      byteCount: 1234,
      dataSetSha256: 'ab'.repeat(32),
      fileName: 'a.png',
      patientIdIssuer: 'north',
      isPreviewPicture: true,
      levels: {
        study: { '00100020': { vr: 'LO', Value: ['R-1'] } },
        series: { '00080060': { vr: 'CS', Value: ['CT'] } },
        instance: { '00080018': { vr: 'UI', Value: ['1.2.3.4'] } },
      },
    });
    expect(JSON.parse(read.metadata)).toMatchObject({
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'RIGHT^PATIENT' }] },
    });
  });

  it.each<[string, boolean, () => Promise<Buffer>]>([
    ['none', true, () => Promise.resolve(none)],
    ['a JPEG', true, () => preview(768)],
    ['a JPEG of 2^20 pixels', true, () => preview(1024)],
    ['a JPEG of more', false, () => preview(1025)],
    ['a JPEG that is cut off', false, async () => (await preview(768)).subarray(0, -30)],
    ['a JPEG of more than 30,720 bytes', false, async () => Buffer.concat([await preview(64), Buffer.alloc(30_720)])],
    ['a PNG', false, () => preview(64, (image) => image.png())],
    ['a drawing', false, () => Promise.resolve(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))],
    ['bytes', false, () => Promise.resolve(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]))],
  ])('says whether a preview is a picture: %s, %s', async (_, isPreviewPicture, make) => {
    const read = await headers.read({ header: plain, preview: await make() }, foreign);
    expect(read).toMatchObject({ isPreviewPicture });
  });

  it('says why a header cannot be read', async () => {
    const read = async (header: Buffer) => headers.read({ header, preview: none }, foreign);
    const refused = (code: string) => expect.objectContaining({ code, retryable: false });
    await expect(read(Buffer.from([1, 2, 3]))).rejects.toEqual(refused('corrupt'));
    await expect(read(none)).rejects.toEqual(refused('corrupt'));
    await expect(read(bomb)).rejects.toEqual(refused('too-large'));
    const bounded = openHeaderReader({ ...options, maxBytes: 100 });
    await expect(bounded.read({ header: plain, preview: none }, foreign)).rejects.toEqual(refused('too-large'));
    await bounded.close();
  });

  it('takes a value of 4,096 bytes and refuses a longer one, which no header has', async () => {
    const ofValue = (byteCount: number) =>
      headers.read(
        { header: encodeHeader(headerOf(object(text(0x00204000, 'LT', 'x'.repeat(byteCount))))), preview: none },
        foreign,
      );
    expect(await ofValue(4096)).toMatchObject({ identity: { PatientID: '' } });
    await expect(ofValue(4098)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('answers its own site among poison, and gives no more of poison than a search may have', async () => {
    const header = poison();
    const done: string[] = [];
    const ask = async (who: string, bytes: Buffer, isForeign: boolean) => {
      return headers.read({ header: bytes, preview: none }, { isForeign }).finally(() => done.push(who));
    };
    const poisons = Array.from({ length: 4 }, () => ask('poison', header, true));
    const bombs = Promise.allSettled(Array.from({ length: 16 }, () => ask('bomb', bomb, true)));
    expect(await ask('own', plain, false)).toMatchObject({ identity: { PatientID: 'R-1' } });
    expect(done.filter((who) => who === 'poison').length).toBeLessThan(4);
    for (const one of await bombs) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'too-large' } });
    for (const read of await Promise.all(poisons)) {
      expect(read.metadata.length).toBeGreaterThan(MIB);
      expect(JSON.stringify(read.levels).length).toBeLessThan(3 * 65_536 + 10_000);
    }
  });
});

describe('openHeaderReader, when something goes wrong', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'headers-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('ends a reading that takes too much memory as too large, and goes on', async () => {
    const headers = openHeaderReader({ ...options, threads: 1, maxMemoryMb: 24 });
    const header = poison();
    for (let turn = 0; turn < 2; turn++) {
      await expect(headers.read({ header, preview: none }, foreign)).rejects.toMatchObject({
        code: 'too-large',
        message: 'Reading the header takes more than 24 MB of memory.',
      });
      expect(await headers.read({ header: plain, preview: none }, foreign)).toMatchObject({ source: 'part10' });
    }
    await headers.close();
  });

  it('ends a reading that never ends as timed out, and one that ends its thread as unreadable, and goes on', async () => {
    const file = path.join(folder, 'worker.mjs');
    const first = `if (header[0] === 7) for (;;); if (header[0] === 8) process.exit(1);`;
    const real = pathToFileURL(path.resolve('dist/dicom/metadata/header-worker.js')).href;
    await writeFile(
      file,
      `import read from '${real}'; export default (task) => { const { header } = task; ${first} return read(task); };`,
    );
    const headers = openHeaderReader({ ...options, threads: 1, timeoutMs: 2000, worker: pathToFileURL(file) });
    const answers = await Promise.allSettled(
      [Buffer.from([7]), plain, Buffer.from([8]), plain].map((header) => headers.read({ header, preview: none }, own)),
    );
    const read = { status: 'fulfilled', value: { identity: { PatientID: 'R-1' } } };
    expect(answers).toMatchObject([
      { status: 'rejected', reason: { code: 'too-large', details: { reason: 'timed-out' } } },
      read,
      { status: 'rejected', reason: { code: 'corrupt' } },
      read,
    ]);
    await headers.close();
  });

  it('rejects when the server stops', async () => {
    const headers = openHeaderReader({ ...options, threads: 1 });
    const underWay = expect(headers.read({ header: plain, preview: none }, own)).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    });
    await headers.close();
    await underWay;
    await expect(headers.read({ header: plain, preview: none }, foreign)).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
