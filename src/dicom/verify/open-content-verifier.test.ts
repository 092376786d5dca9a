import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deferred } from '../../base/deferred.js';
import { LedgerError } from '../../base/errors.js';
import { onBehalfOf } from '../../base/on-behalf-of.js';
import { encodePreview } from '../render/encode-preview.js';
import { honestInstance, madePicture } from '../testing/announced-content.js';
import { object, part10, text } from '../testing/hand-made.js';
import { openContentVerifier, type ContentVerifier } from './open-content-verifier.js';

const instanceOf = (PatientID: string) => honestInstance(part10(object(text(0x00100020, 'LO', PatientID))));

describe('openContentVerifier', () => {
  let contents: ContentVerifier;
  beforeAll(() => {
    contents = openContentVerifier();
  });
  afterAll(() => contents.close());

  it('judges in a thread', async () => {
    const [one, other] = [await instanceOf('R-1'), await instanceOf('R-2')];
    expect(await contents.verify(one.source, one.announced)).toBeUndefined();
    expect(await contents.verify(other.source, one.announced)).toMatchObject({ reason: 'bytes' });
    const preview = await encodePreview(madePicture({ side: 100, channels: 3 }));
    expect(await contents.verify(one.source, { ...one.announced, preview })).toMatchObject({ reason: 'picture' });
    // What was handed over is still there.
    expect(await contents.verify(one.source, one.announced)).toBeUndefined();
  });

  it('rejects as its source does, and counts as a fault what is corrupt for ever', async () => {
    const { announced, source } = await instanceOf('R-1');
    const failing = (error: Error) => contents.verify({ ...source, read: () => Promise.reject(error) }, announced);
    const unavailable = new LedgerError('unavailable', 'No node answers.', { retryable: true });
    await expect(failing(unavailable)).rejects.toBe(unavailable);
    const wrong = new LedgerError('corrupt', 'A node gave other bytes.', { retryable: true });
    await expect(failing(wrong)).rejects.toBe(wrong);
    const broken = new Error('broken');
    await expect(failing(broken)).rejects.toBe(broken);
    const corrupt = new LedgerError('corrupt', 'The packed body is damaged.');
    expect(await failing(corrupt)).toEqual({ reason: 'bytes', detail: 'The packed body is damaged.' });
    const header = Buffer.from([1, 2, 3]);
    expect(await contents.verify(source, { ...announced, header })).toMatchObject({ reason: 'bytes' });
  });

  it('leaves a thread to whoever asks while those wait for their bytes that nobody asks for', async () => {
    const { announced, source } = await instanceOf('R-1');
    const coming = deferred<Buffer>();
    const slow = [1, 2, 3].map(() => contents.verify({ ...source, read: () => coming.promise }, announced));
    expect(
      await onBehalfOf.run({ name: 'somebody', hasGone: () => true }, () => contents.verify(source, announced)),
    ).toBeUndefined();
    coming.resolve(await source.read(0, source.byteCount));
    expect(await Promise.all(slow)).toEqual([undefined, undefined, undefined]);
  });
});

describe('openContentVerifier, when something goes wrong', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'contents-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('ends what never ends and what takes too much memory as timed out, goes on, and blames the picture for a decoder that breaks off', async () => {
    const file = path.join(folder, 'worker.mjs');
    const real = pathToFileURL(path.resolve('dist/dicom/verify/content-worker.js')).href;
    await writeFile(
      file,
      `import verify from '${real}';
      export default (task) => {
        if (task.sha256 === 'never ends') for (;;);
        if (task.sha256 === 'breaks off') process.exit(1);
        const filling = [];
        while (task.sha256 === 'fills') filling.push({ filling, more: [1, 2, 3] });
        return verify(task);
      };`,
    );
    const worker = pathToFileURL(file);
    const { announced, source } = await instanceOf('R-1');
    const impatient = openContentVerifier({ timeoutMs: 500, worker });
    expect(await impatient.verify(source, { ...announced, sha256: 'never ends' })).toEqual({
      reason: 'timed-out',
      detail: 'Verifying the instance takes longer than 500 ms.',
    });
    await impatient.close();
    const contents = openContentVerifier({ timeoutMs: 120_000, maxMemoryMb: 64, worker });
    const faultOf = (sha256: string) => contents.verify(source, { ...announced, sha256 });
    expect(await faultOf('fills')).toMatchObject({ reason: 'timed-out', detail: expect.stringContaining('64 MB') });
    expect(await faultOf('breaks off')).toMatchObject({ reason: 'picture' });
    expect(await faultOf(announced.sha256)).toBeUndefined();
    await contents.close();
  });

  it('rejects when the server stops', async () => {
    const contents = openContentVerifier();
    const { announced, source } = await instanceOf('R-1');
    const never = { ...source, read: () => new Promise<Buffer>(() => undefined) };
    const refused = expect(contents.verify(never, announced)).rejects.toMatchObject({ code: 'unavailable' });
    await contents.close();
    await refused;
    await expect(contents.verify(source, announced)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
