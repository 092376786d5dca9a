import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { instancePath, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { rawRequest } from '../testing/raw-request.js';
import { type RunningServer, startServer } from '../testing/server.js';

const [study, series, instance] = [newUid(), newUid(), newUid()];
const slice = (SOPInstanceUID: string): Buffer =>
  ctSlice({ StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID }, { size: 96, frames: 2 });
const file = slice(instance);
const at = instancePath({ study, series, instance });

/** The same for both, since answers and their tags have it. */
const PUBLIC_URL = 'http://archive.example';

let alone: RunningServer;
let shared: RunningServer;

beforeAll(async () => {
  const start = (READERS: string): Promise<RunningServer> => startServer({ env: { READERS, PUBLIC_URL } });
  [alone, shared] = await Promise.all([start('0'), start('2')]);
  for (const { url } of [alone, shared]) expect((await stowSingle(url, file)).status).toBe(200);
});
afterAll(() => Promise.all([alone.stop(), shared.stop()]));

/** What comes until the server closes the connection, without what is another one each time. */
async function answerTo({ url, authorization }: RunningServer, request: string): Promise<string[]> {
  const bytes = request
    .replaceAll('\n', '\r\n')
    .replaceAll('HOST', `Host: ${new URL(url).host}\r\nAuthorization: ${authorization.Authorization}`);
  const answer = await rawRequest(url, Buffer.from(bytes, 'latin1'), () => false);
  const text = answer
    .replaceAll(new URL(url).host, 'HOST')
    .replace(/urn:uuid:[\da-f-]+/g, 'urn:uuid:…')
    .replace(/^(Date|Last-Modified): .*$/gm, '$1: …')
    // That of a thumbnail is of the image on the chain, which is another one.
    .replace(request.includes('/thumbnail') ? /^ETag: .*$/gm : '\0', 'ETag: …')
    .replaceAll(/boundary="?([^";\r]+)/.exec(answer)?.[1] ?? '\0', 'BOUNDARY');
  // The order of headers says nothing (RFC 9110 §5.3).
  return text
    .split(/(?=HTTP\/1\.1 )|\r\n\r\n/)
    .map((part) =>
      part.length > 6000
        ? createHash('sha256').update(part, 'latin1').digest('hex')
        : part.split('\r\n').sort().join('\n'),
    );
}

const READS: Record<string, string> = {
  studies: 'GET /dicom-web/studies',
  'no study': 'GET /dicom-web/studies?StudyInstanceUID=1.2.3',
  'a search that is none': 'GET /dicom-web/studies?limit=many',
  'an unknown attribute': 'GET /dicom-web/instances?Nonsense=1',
  'a page': 'GET /dicom-web/instances?limit=1&offset=1',
  'one site': 'GET /sites/1/dicom-web/studies',
  'no site': 'GET /sites/9/dicom-web/studies',
  'the path with slashes': 'GET //dicom-web//studies/',
  'the path with dots': 'GET /dicom-web/../dicom-web/studies',
  'the path in capitals': 'GET /DICOM-WEB/studies',
  'the path with a percent sign': 'GET /dicom-web/studies/%zz',
  'the whole URL': 'GET http://localhost/dicom-web/studies',
  metadata: `GET ${at}/metadata`,
  'metadata of a study': `GET /dicom-web/studies/${study}/metadata`,
  'an instance': `GET ${at}\nAccept: application/dicom`,
  'an instance of a multipart': `GET ${at}\nAccept: multipart/related; type="application/dicom"`,
  'a study': `GET /dicom-web/studies/${study}`,
  frames: `GET ${at}/frames/1,2`,
  'a frame that is not there': `GET ${at}/frames/3`,
  'a picture': `GET ${at}/rendered\nAccept: image/png`,
  'a picture of no kind': `GET ${at}/rendered\nAccept: image/tiff`,
  'a thumbnail': `GET ${at}/thumbnail`,
  'pixels as bulk data': `GET ${at}/bulkdata/7FE00010`,
  'what was never there': 'GET /dicom-web/studies/1.2.3/metadata',
  'a UID that is none': 'GET /dicom-web/studies/abc',
  'by URI': `GET /wado?requestType=WADO&studyUID=${study}&seriesUID=${series}&objectUID=${instance}&contentType=application%2Fdicom`,
  'by URI, nothing': 'GET /wado?requestType=WADO',
  'a route that is none': 'GET /dicom-web/studies/1.2/nothing',
  'no answer in that type': 'GET /dicom-web/studies\nAccept: image/png',
};
const HEADERS: Record<string, string> = {
  plainly: '',
  'packed by gzip': '\nAccept-Encoding: gzip',
  'from another origin': '\nOrigin: https://viewer.example',
  'in a part': '\nRange: bytes=10-19',
  'in two parts': '\nRange: bytes=0-1,4-5',
  'beyond its end': '\nRange: bytes=99999999-',
  'if it is another one': '\nIf-None-Match: "another"',
  'if there is none': '\nIf-None-Match: *',
};

const FORMS: Record<string, string> = {
  'OPTIONS of whoever asks before': `OPTIONS /dicom-web/studies HTTP/1.1\nHOST\nOrigin: https://viewer.example\nAccess-Control-Request-Method: GET\nConnection: close\n\n`,
  'OPTIONS *': 'OPTIONS * HTTP/1.1\nHOST\nConnection: close\n\n',
  TRACE: 'TRACE /dicom-web/studies HTTP/1.1\nHOST\nConnection: close\n\n',
  PURGE: 'PURGE /dicom-web/studies HTTP/1.1\nHOST\nConnection: close\n\n',
  'no Host': 'GET /dicom-web/studies HTTP/1.1\n\n',
  'two Hosts': 'GET /dicom-web/studies HTTP/1.1\nHOST\nHost: another.example\nConnection: close\n\n',
  'another Host': 'GET /dicom-web/studies HTTP/1.1\nHost: another.example\nConnection: close\n\n',
  'nobody who is known': 'GET /dicom-web/studies HTTP/1.1\nHost: localhost\nConnection: close\n\n',
  'HTTP/1.0': 'GET /dicom-web/studies HTTP/1.0\nHOST\n\n',
  'HTTP/0.9': 'GET /dicom-web/studies\n\n',
  'HTTP/2': 'PRI * HTTP/2.0\n\nSM\n\n',
  'no HTTP': 'hello\n\n',
  'no HTTP after a request': 'GET /dicom-web/studies HTTP/1.1\nHOST\n\nhello\n\n',
  'a tab in the path': 'GET /dicom-web/\tstudies HTTP/1.1\nHOST\nConnection: close\n\n',
  'bytes beyond ASCII in the path': 'GET /dicom-web/studies?a=\xe9 HTTP/1.1\nHOST\nConnection: close\n\n',
  'bytes beyond ASCII in a header': 'GET /dicom-web/studies HTTP/1.1\nHOST\nX-Other: \xe9\t\xff\nConnection: close\n\n',
  'a control character in a header': 'GET /dicom-web/studies HTTP/1.1\nHOST\nX-Other: \x01\nConnection: close\n\n',
  'a folded header': 'GET /dicom-web/studies HTTP/1.1\nHOST\nX-Other: a\n b\nConnection: close\n\n',
  'a header that is too long': `GET /dicom-web/studies HTTP/1.1\nHOST\nX-Other: ${'a'.repeat(70_000)}\n\n`,
  'a header that is not': `GET /dicom-web/studies HTTP/1.1\nHOST\nX-Other: ${'a'.repeat(64_000)}\nConnection: close\n\n`,
  '2500 headers': `GET /dicom-web/studies HTTP/1.1\nHOST\n${'X-Other: a\n'.repeat(2500)}Connection: close\n\n`,
  'a path that is too long': `GET /dicom-web/studies?a=${'a'.repeat(70_000)} HTTP/1.1\nHOST\n\n`,
  'Expect and no body': 'GET /dicom-web/studies HTTP/1.1\nHOST\nExpect: 100-continue\nConnection: close\n\n',
  'Expect, refused':
    'POST /dicom-web/studies HTTP/1.1\nHOST\nContent-Type: text/plain\nContent-Length: 5\nExpect: 100-continue\nConnection: close\n\n',
  'Expect of something else': 'GET /dicom-web/studies HTTP/1.1\nHOST\nExpect: more\nConnection: close\n\n',
  'a body of a GET': 'GET /dicom-web/studies HTTP/1.1\nHOST\nContent-Length: 3\nConnection: close\n\nabc',
  'chunks of a GET':
    'GET /dicom-web/studies HTTP/1.1\nHOST\nTransfer-Encoding: chunked\nConnection: close\n\n3\nabc\n0\nX-Last: a\n\n',
  'no body of a POST': 'POST /dicom-web/studies HTTP/1.1\nHOST\nConnection: close\n\n',
  'two lengths': 'POST /dicom-web/studies HTTP/1.1\nHOST\nContent-Length: 3\nTransfer-Encoding: chunked\n\n0\n\n',
  'a chunk that is none':
    'POST /dicom-web/studies HTTP/1.1\nHOST\nContent-Type: application/dicom\nTransfer-Encoding: chunked\n\nzz\n',
  'an offer of HTTP/2':
    'GET /dicom-web/studies HTTP/1.1\nHOST\nConnection: Upgrade, HTTP2-Settings, close\nUpgrade: h2c\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\n\n',
  'a WebSocket where there is none':
    'GET /dicom-web/studies HTTP/1.1\nHOST\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n\n',
  'four in a row':
    'GET /dicom-web/studies HTTP/1.1\nHOST\n\nGET /healthz HTTP/1.1\nHOST\n\nHEAD /dicom-web/studies HTTP/1.1\nHOST\n\nGET /dicom-web/studies?limit=a HTTP/1.1\nHOST\nConnection: close\n\n',
  'a store among reads':
    'GET /dicom-web/studies HTTP/1.1\nHOST\n\nPOST /dicom-web/studies HTTP/1.1\nHOST\nContent-Type: application/dicom\nContent-Length: 3\n\nabcGET /dicom-web/studies/1.2 HTTP/1.1\nHOST\nConnection: close\n\n',
};

describe('A server with readers', () => {
  it.each(Object.entries(READS))('gives %s as one without them does, whatever is asked of it', async (_, line) => {
    for (const method of ['GET', 'HEAD'])
      for (const [how, headers] of Object.entries(HEADERS)) {
        const [first = '', ...others] = line.replace('GET', method).split('\n');
        const request = `${[`${first} HTTP/1.1`, 'HOST', ...others].join('\n')}${headers}\nConnection: close\n\n`;
        expect([how, await answerTo(shared, request)]).toEqual([how, await answerTo(alone, request)]);
      }
  });

  it.each(Object.entries(FORMS))('answers %s as one without them does', async (_, request) => {
    const expected = await answerTo(alone, request);
    expect(expected.join('\n')).toContain('HTTP/1.1 ');
    expect(await answerTo(shared, request)).toEqual(expected);
  });

  it('says 304 to whoever has it', async () => {
    for (const path of ['/dicom-web/studies', `${at}/metadata`, at, `${at}/rendered`]) {
      const whole = await answerTo(alone, `GET ${path} HTTP/1.1\nHOST\nConnection: close\n\n`);
      const etag = /^ETag: (.*)$/m.exec(whole[0] ?? '')?.[1];
      const request = `GET ${path} HTTP/1.1\nHOST\nIf-None-Match: ${etag}\nConnection: close\n\n`;
      const answer = await answerTo(shared, request);
      expect(answer[0]).toContain('HTTP/1.1 304 Not Modified');
      expect(answer).toEqual(await answerTo(alone, request));
    }
  });

  it('closes the connection of whoever takes it for a proxy', async () => {
    await rawRequest(shared.url, 'CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n', () => false);
  });

  it('goes on answering all others', async () => {
    const held = connect(Number(new URL(shared.url).port), '127.0.0.1');
    await new Promise((resolve) => held.once('connect', resolve));
    for (const request of Object.values(FORMS)) await answerTo(shared, request);
    expect(shared.output()).not.toContain('A reader has died');
    expect(held.destroyed).toBe(false);
    held.destroy();
  });
});
