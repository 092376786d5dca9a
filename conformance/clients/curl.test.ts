import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../testing/command-line.js';
import { get, instancePath, type InstanceIds, stow } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type CurlResult, runCurl } from '../testing/run-curl.js';
import { type RunningServer, startServer } from '../testing/server.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-curl-test-'));
const at = (name: string): string => path.join(folder, name);
const [study, series] = [newUid(), newUid()];
const first: InstanceIds = { study, series, instance: newUid() };
const second: InstanceIds = { study, series, instance: newUid() };
const files = [first, second].map(({ instance }) =>
  ctSlice({
    StudyInstanceUID: study,
    SeriesInstanceUID: series,
    SOPInstanceUID: instance,
    PatientName: [{ Alphabetic: 'Müller^Änne & Co' }],
    SpecificCharacterSet: 'ISO_IR 192',
  }),
);

let server: RunningServer;
let allowed: string[];
let key: string;
beforeAll(async () => {
  server = await startServer();
  allowed = ['--header', `Authorization: ${server.authorization.Authorization}`];
  expect((await stow(server.url, files)).status).toBe(200);
  const made = await runCommand(['access-key', 'new', 'curl', '--permission', 'read,write', '--url', server.url]);
  key = made.stdout.trim();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const root = (): string => `${server.url}/dicom-web`;
const urlOf = (ids: InstanceIds): string => server.url + instancePath(ids);
/** As whoever has the token; the URL is the last parameter. */
const curl = (...parameters: string[]): Promise<CurlResult> => runCurl([...allowed, ...parameters]);
const STORED = ['--header', 'Accept: application/dicom; transfer-syntax=*'];

describe('curl', () => {
  it('searches by names with letters of a language and marks, encoded by itself', async () => {
    for (const name of ['Müller^Änne & Co', 'Müller*', '*& Co']) {
      const found = await curl(
        '--get',
        '--data-urlencode',
        `PatientName=${name}`,
        '-d',
        'limit=1',
        `${root()}/studies`,
      );
      expect([name, found.status, JSON.parse(found.body.toString())]).toEqual([
        name,
        200,
        [expect.objectContaining({ '0020000D': { vr: 'UI', Value: [study] } })],
      ]);
    }
    const none = await curl('--get', '--data-urlencode', 'PatientName=Muller^*+', `${root()}/studies`);
    expect([none.status, none.body.toString()]).toEqual([200, '[]']);
  });

  it('gets several URLs of braces and ranges, one after the other and in parallel', async () => {
    const both = `${root()}/studies/${study}/series/${series}/instances/{${first.instance},${second.instance}}`;
    const one = await curl(...STORED, both, '--output', at('#1.dcm'));
    expect(one.statuses).toEqual([200, 200]);
    for (const [index, { instance }] of [first, second].entries())
      expect(readFileSync(at(`${instance}.dcm`)).equals(files[index]!)).toBe(true);
    const many = await curl('--parallel', '--parallel-max', '20', '--output', at('many'), `${urlOf(first)}/metadata?n=[1-40]`); // prettier-ignore
    expect([many.code, many.statuses]).toEqual([0, Array(40).fill(200)]);
  });

  it('asks for heads alone (RFC 9110 §9.3.2)', async () => {
    for (const [url, accept] of [
      [urlOf(first), 'application/dicom; transfer-syntax=*'],
      [`${urlOf(first)}/metadata`, 'application/dicom+json'],
      [`${urlOf(first)}/rendered`, 'image/png'],
      [`${root()}/studies`, 'application/dicom+json'],
      [`${root()}/studies/${study}`, 'application/zip'],
    ] as const) {
      const [head, whole] = await Promise.all([
        curl('--head', '--header', `Accept: ${accept}`, url),
        curl('--header', `Accept: ${accept}`, url),
      ]);
      expect([url, head.code, head.status, head.header('Content-Type')]).toEqual([
        url,
        0,
        200,
        whole.header('Content-Type'),
      ]);
      expect([undefined, String(whole.body.length)]).toContain(head.header('Content-Length'));
    }
  });

  it('gets ranges, goes on where it ended, and is told of what lies beyond (RFC 9110 §14)', async () => {
    const [bytes] = files as [Buffer];
    for (const [range, from, to] of [
      ['0-9', 0, 10],
      ['-7', bytes.length - 7, bytes.length],
      ['8000-', 8000, bytes.length],
      [`100-${bytes.length * 2}`, 100, bytes.length],
    ] as const) {
      const part = await curl(...STORED, '--range', range, urlOf(first));
      expect([range, part.status, part.header('Content-Range')]).toEqual([
        range,
        206,
        `bytes ${from}-${to - 1}/${bytes.length}`,
      ]);
      expect(part.body.equals(bytes.subarray(from, to))).toBe(true);
    }
    const beyond = await curl(...STORED, '--range', `${bytes.length}-`, urlOf(first));
    expect([beyond.status, beyond.header('Content-Range')]).toEqual([416, `bytes */${bytes.length}`]);
    writeFileSync(at('half.dcm'), bytes.subarray(0, 1000));
    await curl(...STORED, '--continue-at', '-', '--output', at('half.dcm'), urlOf(first));
    expect(readFileSync(at('half.dcm')).equals(bytes)).toBe(true);
  });

  it('gets the same in a coding that it can undo', async () => {
    for (const url of [`${root()}/studies`, `${urlOf(first)}/metadata`, `${root()}/openapi.json`, urlOf(first)]) {
      const [coded, plain] = await Promise.all([curl('--compressed', ...STORED, '--header', 'Accept: */*', url), curl(...STORED, '--header', 'Accept: */*', url)]); // prettier-ignore
      expect([url, coded.code, coded.status]).toEqual([url, 0, 200]);
      const text = (answer: CurlResult): string =>
        answer.body
          .toString('latin1')
          .replaceAll(/boundary="?([^";]+)/.exec(answer.header('Content-Type') ?? '')?.[1] ?? '\0', '');
      expect(text(coded)).toBe(text(plain));
    }
  });

  it('speaks HTTP/1.0, without chunks (RFC 9112 §6.1)', async () => {
    for (const [url, accept] of [
      [urlOf(first), 'application/dicom; transfer-syntax=*'],
      [`${root()}/studies/${study}`, 'multipart/related; type="application/dicom"; transfer-syntax=*'],
      [`${root()}/studies/${study}`, 'application/zip; transfer-syntax=*'],
      [`${root()}/studies`, 'application/dicom+json'],
    ] as const) {
      const answer = await curl('--http1.0', '--header', `Accept: ${accept}`, url);
      expect([url, answer.code, answer.status, answer.header('Transfer-Encoding')]).toEqual([url, 0, 200, undefined]);
      expect(answer.body.length).toBeGreaterThan(200);
      if (accept.includes('/related')) for (const file of files) expect(answer.body.includes(file)).toBe(true);
    }
  });

  it('is answered by HTTP/1.1 when it offers HTTP/2 (RFC 9110 §7.8), and refused when it begins with it', async () => {
    const offered = await curl('--http2', ...STORED, urlOf(first));
    expect([offered.status, offered.head.split('\r\n')[0]]).toEqual([200, 'HTTP/1.1 200 OK']);
    expect(offered.body.equals(files[0]!)).toBe(true);
    const begun = await curl('--http2-prior-knowledge', '--max-time', '20', urlOf(first));
    expect([begun.code === 0, begun.code === 28, begun.status]).toEqual([false, false, 0]);
    expect((await curl(`${root()}/studies`)).status).toBe(200);
  });

  it('compares validators: those of last time, and times (RFC 9110 §13.1)', async () => {
    const save = await curl('--etag-save', at('etag'), ...STORED, urlOf(first));
    expect(readFileSync(at('etag'), 'utf8').trim()).toBe(save.header('ETag'));
    const again = await curl('--etag-compare', at('etag'), ...STORED, urlOf(first));
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await curl('--etag-compare', at('etag'), ...STORED, urlOf(second))).status).toBe(200);

    const modified = save.header('Last-Modified') ?? '';
    const before = new Date(Date.parse(modified) - 1000).toUTCString();
    const status = async (...condition: string[]) => {
      const { head } = await curl(...condition, ...STORED, urlOf(first));
      return Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
    };
    expect([await status('--time-cond', modified), await status('--time-cond', before)]).toEqual([304, 200]);
    // If-Unmodified-Since; curl itself then calls an answer 304.
    expect([await status('--time-cond', `-${modified}`), await status('--time-cond', `-${before}`)]).toEqual([
      200, 412,
    ]);
  });

  it('logs in with a key as a password, by hand and from a netrc', async () => {
    const [, id] = key.split('_');
    const studies = `${root()}/studies`;
    writeFileSync(at('netrc'), `machine 127.0.0.1 login ${id} password ${key}\n`);
    for (const login of [
      ['--user', `${id}:${key}`],
      ['--netrc-file', at('netrc')],
      ['--oauth2-bearer', key],
    ])
      expect([login[0], (await runCurl([...login, studies])).status]).toEqual([login[0], 200]);
  });

  it.each<[string, string[]]>([
    ['nothing', []],
    ['a wrong password', ['--user', 'curl:wrong']],
    ['a password with colons and letters', ['--user', 'ä:b:c:ü']],
    ['Digest', ['--digest', '--user', 'curl:wrong']],
    ['NTLM', ['--ntlm', '--user', 'curl:wrong']],
    ['a signature of a cloud', ['--aws-sigv4', 'aws:amz:eu-west-1:es', '--user', 'key:secret']],
    ['a scheme alone', ['--header', 'Authorization: Bearer']],
    ['no base64', ['--header', 'Authorization: Basic !!!']],
    ['an unknown scheme', ['--header', 'Authorization: Anything a=b, c="d']],
    ['a scheme of a kilobyte', ['--header', `Authorization: ${'x'.repeat(1000)} y`]],
  ])('is 401 with a challenge for %s (RFC 9110 §11.6.1)', async (_what, login) => {
    const answer = await runCurl([...login, `${root()}/studies`]);
    expect([answer.code, answer.status, answer.header('WWW-Authenticate')]).toEqual([0, 401, expect.stringMatching(/^(Bearer|Basic)/)]); // prettier-ignore
  });

  it('is 421 for a name that the server does not go by (RFC 9110 §15.5.20)', async () => {
    const { port } = new URL(server.url);
    const elsewhere = `archive.example:${port}`;
    const answer = await curl('--resolve', `${elsewhere}:127.0.0.1`, `http://${elsewhere}/dicom-web/studies`);
    expect([answer.code, answer.status]).toEqual([0, 421]);
    expect((await curl('--header', 'Host: archive.example', `${root()}/studies`)).status).toBe(421);
    expect((await curl('--header', 'Host;', `${root()}/studies`)).status).toBeGreaterThanOrEqual(400);
    expect((await curl('--resolve', `localhost:${port}:127.0.0.1`, `http://localhost:${port}/dicom-web/studies`)).status).toBe(200); // prettier-ignore
  });

  it('takes paths as they are: several slashes are one, and nothing is above a root', async () => {
    for (const path of ['//dicom-web/studies', '/dicom-web//studies', `/dicom-web///studies//${study}/metadata`])
      expect([path, (await curl('--path-as-is', server.url + path)).status]).toEqual([path, 200]);
    for (const path of [
      '/dicom-web/studies/../../../etc/passwd',
      '/dicom-web/../etc/passwd',
      `/dicom-web/studies/${study}/..`,
      `/dicom-web/studies/${study}/../${study}`,
      `/dicom-web/studies/${study}/%2e%2e/${study}`,
      `${instancePath(first)}/bulkdata/../../..`,
      `${instancePath(first)}/bulkdata/..%2f..%2f..`,
      '/../../../../etc/passwd',
      '/..%2f..%2f..%2fetc/passwd',
      '//etc/passwd',
      '/assets/..',
      '/./.',
    ]) {
      const answer = await curl('--path-as-is', server.url + path);
      expect([path, answer.status >= 400 && answer.status < 500]).toEqual([path, true]);
      expect(answer.header('Location')).toBeUndefined();
    }
  });

  it('gets what is meant by default when it says nothing of Accept, and repeated headers are one list', async () => {
    const none = ['--header', 'Accept:'];
    for (const [url, type] of [
      [`${root()}/studies`, 'application/dicom+json'],
      [`${urlOf(first)}/metadata`, 'application/dicom+json'],
      [`${urlOf(first)}/rendered`, 'image/jpeg'],
      [`${root()}/studies/${study}`, 'multipart/related; type="application/dicom"'],
    ] as const) {
      const answer = await curl(...none, url);
      expect([url, answer.status, answer.header('Content-Type')]).toEqual([url, 200, expect.stringContaining(type)]);
    }
    const list = (...accepts: string[]) => accepts.flatMap((accept) => ['--header', `Accept: ${accept}`]);
    const twice = await curl(...list('image/tiff', 'image/png'), `${urlOf(first)}/rendered`);
    expect([twice.status, twice.header('Content-Type')]).toEqual([200, 'image/png']);
    const neither = await curl(...list('image/tiff', 'text/css'), `${urlOf(first)}/rendered`);
    expect(neither.status).toBe(406);
    const tags = ['--header', 'If-None-Match: "a"', '--header', `If-None-Match: ${(await curl(...STORED, urlOf(first))).header('ETag')}`]; // prettier-ignore
    expect((await curl(...tags, ...STORED, urlOf(first))).status).toBe(304);
  });

  it('asks what there is (PS3.18 §8.9), and is told of methods that there are not', async () => {
    const asked = await curl('--request', 'OPTIONS', `${root()}/studies`);
    expect([asked.status, asked.header('Content-Type')]).toEqual([200, expect.stringMatching(/wadl\+xml/)]);
    expect(asked.header('Allow')?.split(/, */).sort()).toEqual(['GET', 'HEAD', 'OPTIONS', 'POST']);
    for (const method of ['PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      const answer = await curl('--request', method, `${root()}/studies`);
      expect([method, answer.status, answer.header('Allow')]).toEqual([method, 405, asked.header('Allow')]);
    }
    for (const method of ['get', 'FETCH', 'TRACE', 'CONNECT']) {
      const { status } = await curl('--request', method, '--max-time', '20', `${root()}/studies`);
      expect([method, [0, 400, 405, 501].includes(status)]).toEqual([method, true]);
    }
    expect((await get(`${root()}/studies`)).status).toBe(200);
  });
});
