import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { until } from '../../src/base/testing/until.js';
import {
  bytesOf,
  type DataSet,
  get,
  instancePath,
  type InstanceIds,
  items,
  multipartBody,
  storedSingle,
} from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { openRaw, rawRequest } from '../testing/raw-request.js';
import { type CurlResult, runCurl } from '../testing/run-curl.js';
import { type RunningServer, startServer } from '../testing/server.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-curl-store-'));
const at = (name: string): string => path.join(folder, name);
let server: RunningServer;
let allowed: string[];
let studies: string;
beforeAll(async () => {
  server = await startServer();
  allowed = ['--header', `Authorization: ${server.authorization.Authorization}`];
  studies = `${server.url}/dicom-web/studies`;
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const curl = (...parameters: string[]): Promise<CurlResult> => runCurl([...allowed, ...parameters]);
const DICOM = ['--header', 'Content-Type: application/dicom'];
const detailOf = ({ body }: CurlResult): string => (JSON.parse(body.toString()) as { detail: string }).detail;

/** A new slice in a file; 200 KB unless it is to be larger. */
function newFile({ size = 320, frames = 1 } = {}): { ids: InstanceIds; bytes: Buffer; file: string } {
  const ids = { study: newUid(), series: newUid(), instance: newUid() };
  const bytes = ctSlice(
    { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance },
    { size, frames },
  );
  const file = at(`${ids.instance}.dcm`);
  writeFileSync(file, bytes);
  return { ids, bytes, file };
}

const spool = (): string => path.join(server.dataFolder, 'spool');
const statusOf = async (ids: InstanceIds): Promise<number> =>
  (await get(server.url + instancePath(ids), storedSingle)).status;
async function expectStored({ ids, bytes }: { ids: InstanceIds; bytes: Buffer }): Promise<void> {
  const response = await get(server.url + instancePath(ids), storedSingle);
  expect([response.status, (await bytesOf(response)).equals(bytes)]).toEqual([200, true]);
}

describe('A store by curl', () => {
  it('of a file, as it is, from standard input, in chunks, by HTTP/1.0, and with an offer of HTTP/2', async () => {
    for (const ways of [
      (file: string) => ['--data-binary', `@${file}`],
      (file: string) => ['--upload-file', file, '--request', 'POST'],
      (file: string) => ['--upload-file', file, '--request', 'POST', '--header', 'Transfer-Encoding: chunked'],
      (file: string) => ['--data-binary', `@${file}`, '--http1.0'],
      (file: string) => ['--data-binary', `@${file}`, '--http2'],
      (file: string) => ['--data-binary', `@${file}`, '--header', 'Expect: 100-continue'],
      (file: string) => ['--data-binary', `@${file}`, '--limit-rate', '2M'],
    ]) {
      const one = newFile();
      const answer = await curl(...DICOM, ...ways(one.file), studies);
      expect([ways(''), answer.status]).toEqual([ways(''), 200]);
      await expectStored(one);
    }
    const piped = newFile();
    const answer = await runCurl([...allowed, ...DICOM, '--upload-file', '-', '--request', 'POST', studies], {
      input: piped.bytes,
    });
    expect(answer.status).toBe(200);
    await expectStored(piped);
  });

  it('of more than 1 MB waits for 100 Continue, and sends nothing that is refused before (RFC 9110 §10.1.1)', async () => {
    const large = newFile({ size: 1024, frames: 2 });
    const taken = await curl(...DICOM, '--data-binary', `@${large.file}`, '--expect100-timeout', '40', studies);
    expect(taken.head.split('\r\n\r\n').map((head) => head.split('\r\n')[0])).toEqual([
      'HTTP/1.1 100 Continue',
      'HTTP/1.1 200 OK',
      '',
    ]);
    await expectStored(large);
    const refused = newFile({ size: 1024, frames: 2 });
    const text = ['--header', 'Content-Type: text/plain'];
    const answer = await curl(...text, '--data-binary', `@${refused.file}`, '--expect100-timeout', '40', studies);
    expect(answer.head).toMatch(/^HTTP\/1\.1 415 /);
    const unknown = await runCurl([
      ...DICOM,
      '--data-binary',
      `@${refused.file}`,
      '--expect100-timeout',
      '40',
      studies,
    ]);
    expect(unknown.head).toMatch(/^HTTP\/1\.1 401 /);
    expect(await statusOf(refused.ids)).toBe(404);
  });

  it('without a media type is 415, which says what is taken (RFC 9110 §15.5.16)', async () => {
    const { ids, file } = newFile();
    for (const [type, named] of [
      [[], /x-www-form-urlencoded/],
      [['--header', 'Content-Type:'], /without Content-Type/],
    ] as const) {
      const answer = await curl(...type, '--data-binary', `@${file}`, studies);
      expect([answer.status, detailOf(answer)]).toEqual([415, expect.stringMatching(named)]);
      expect(answer.header('Accept')).toContain('application/dicom');
    }
    expect(await statusOf(ids)).toBe(404);
  });

  it('of a form is 415 and names what to send instead', async () => {
    const { ids, file } = newFile();
    const answer = await curl('--form', `file=@${file};type=application/dicom`, studies);
    expect([answer.status, detailOf(answer)]).toEqual([415, expect.stringContaining('multipart/form-data')]);
    expect(answer.header('Accept')).toContain('multipart/related; type="application/dicom"');
    expect(await statusOf(ids)).toBe(404);
  });

  it('of pictures takes a form of several, with what holds for all of them in front', async () => {
    const pictures = await Promise.all(
      ['red', 'blue'].map((background) =>
        sharp({ create: { width: 40, height: 30, channels: 3, background } })
          .jpeg()
          .toBuffer(),
      ),
    );
    const files = pictures.flatMap((bytes, index) => {
      writeFileSync(at(`${index}.jpg`), bytes);
      return ['--form', `any=@${at(`${index}.jpg`)}`];
    });
    const images = `${server.url}/dicom-web/patients/P-7/images`;
    const answer = await curl('--form', 'StudyDescription=Müller & Co', ...files, images);
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([200, [expect.objectContaining({ name: '0.jpg', status: 'stored' }), expect.objectContaining({ name: '1.jpg', status: 'stored' })]]); // prettier-ignore
    for (const [index, bytes] of pictures.entries())
      expect((await bytesOf(await get(`${images}/${index}.jpg`, 'image/jpeg'))).equals(bytes)).toBe(true);
    const [, ...late] = ['--form', ...files];
    const after = await curl(...late, '--form', 'StudyDescription=late', images);
    expect(after.status).toBe(400);
    const single = await curl('--data-binary', `@${at('0.jpg')}`, '--header', 'Content-Type: image/jpeg', images);
    expect([single.status, detailOf(single).length > 20]).toEqual([415, true]);
  });

  it('by PUT is 405, with the methods that there are (RFC 9110 §15.5.6)', async () => {
    const { ids, file } = newFile();
    // To a folder curl adds the name of the file.
    for (const url of [studies, `${studies}/${ids.study}`, `${studies}/`]) {
      const answer = await curl(...DICOM, '--upload-file', file, url);
      expect([url, answer.status]).toEqual([url, 405]);
      expect(answer.header('Allow')).toContain('POST');
    }
    expect(await statusOf(ids)).toBe(404);
  });

  it('that is cut in the middle leaves nothing, and can be done again', async () => {
    expect(existsSync(spool())).toBe(true);
    const cases = [
      { frames: 1, type: 'application/dicom', wrap: (bytes: Buffer) => bytes },
      {
        frames: 1,
        type: 'multipart/related; type="application/dicom"; boundary=b-1',
        wrap: (bytes: Buffer) => multipartBody([bytes]),
      },
    ];
    for (const { type, wrap } of cases) {
      const one = newFile({ size: 1024 });
      writeFileSync(at('body'), wrap(one.bytes));
      const upload = [...allowed, '--header', `Content-Type: ${type}`, '--data-binary', `@${at('body')}`, studies];
      for (const more of [[], ['--header', 'Transfer-Encoding: chunked']]) {
        const before = readdirSync(spool());
        // 2 MB at 200 KB a second.
        const cut = await runCurl([...more, '--limit-rate', '200K', '--max-time', '2', ...upload]);
        expect([cut.code, cut.status < 200]).toEqual([28, true]);
        await until('the spool to be as it was', async () =>
          readdirSync(spool()).every((name) => before.includes(name)),
        );
        expect(await statusOf(one.ids)).toBe(404);
        const found = await get(`${server.url}/dicom-web/instances?SOPInstanceUID=${one.ids.instance}`);
        expect(await found.json()).toEqual([]);
      }
      expect((await runCurl(upload)).status).toBe(200);
      await expectStored(one);
    }
  });

  it('whose parts are cut keeps those that came whole', async () => {
    const [whole, half] = [newFile(), newFile({ size: 1024 })];
    const body = multipartBody([whole.bytes, half.bytes]);
    const before = readdirSync(spool());
    const socket = await openRaw(server.url);
    socket.on('error', () => undefined);
    const head = [
      'POST /dicom-web/studies HTTP/1.1',
      `Host: ${new URL(server.url).host}`,
      `Authorization: ${server.authorization.Authorization}`,
      'Content-Type: multipart/related; type="application/dicom"; boundary=b-1',
      `Content-Length: ${body.length}`,
    ].join('\r\n');
    socket.write(`${head}\r\n\r\n`);
    socket.write(body.subarray(0, body.length - 1_000_000));
    await until('the first to be there', async () => (await statusOf(whole.ids)) === 200);
    socket.destroy();
    const sizeOf = (name: string): number => statSync(path.join(spool(), name), { throwIfNoEntry: false })?.size ?? 0;
    await until('nothing of the second to be on disk', async () =>
      readdirSync(spool()).every((name) => before.includes(name) || sizeOf(name) <= whole.bytes.length),
    );
    expect(await statusOf(half.ids)).toBe(404);
    await expectStored(whole);
  });

  it('in chunks may end in trailers (RFC 9112 §7.1.2), and in extensions that nobody knows', async () => {
    const { ids, bytes } = newFile({ size: 16 });
    const head = [
      'POST /dicom-web/studies HTTP/1.1',
      `Host: ${new URL(server.url).host}`,
      `Authorization: ${server.authorization.Authorization}`,
      'Content-Type: application/dicom',
      'Transfer-Encoding: chunked',
      'Trailer: X-Checksum',
      'Connection: close',
    ].join('\r\n');
    const chunk = (part: Buffer): Buffer =>
      Buffer.concat([Buffer.from(`${part.length.toString(16)};any="thing"\r\n`), part, Buffer.from('\r\n')]);
    const answer = await rawRequest(
      server.url,
      Buffer.concat([
        Buffer.from(`${head}\r\n\r\n`),
        chunk(bytes.subarray(0, 100)),
        chunk(bytes.subarray(100)),
        Buffer.from('0\r\nX-Checksum: abc\r\nAuthorization: Bearer other\r\n\r\n'),
      ]),
      () => false,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    await expectStored({ ids, bytes });
  });

  it('of the same file by many at once is stored once, and said to all', async () => {
    const one = newFile();
    const parallel = Array.from({ length: 6 }, () => curl(...DICOM, '--data-binary', `@${one.file}`, studies));
    const answers = await Promise.all(parallel);
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    for (const { body } of answers) {
      const [stored] = items(JSON.parse(body.toString()) as DataSet, '00081199');
      expect(stored?.['00081155']?.Value).toEqual([one.ids.instance]);
    }
    await expectStored(one);
  });
});
