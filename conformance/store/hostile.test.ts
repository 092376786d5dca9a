import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { crc32, deflateRawSync, deflateSync, constants } from 'node:zlib';
import sharp from 'sharp';
import { type DataSet, get, instancePath, sha256, storedSingle, stow, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid, part10 } from '../testing/make-dicom.js';
import { openRaw, rawGet, rawRequest } from '../testing/raw-request.js';
import { authorizationOf } from '../testing/let-in.js';
import { type RunningServer, startServer } from '../testing/server.js';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
/** What a request may take on a busy machine; without its limit each of these takes minutes or for ever. */
const promptlyMs = 15_000;

let server: RunningServer;
let url: string;
beforeAll(async () => {
  server = await startServer();
  url = server.url;
});
afterAll(() => server.stop());

const rssBytes = (): number =>
  1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]);

/** Runs `work`, and says how much memory the server had more at its peak than before, and that it answered others meanwhile. */
async function watched<T>(work: () => Promise<T>): Promise<{ result: T; grownBytes: number; tookMs: number }> {
  const before = rssBytes();
  const begun = performance.now();
  let peak = before;
  let isOver = false;
  const watch = (async () => {
    while (!isOver) {
      peak = Math.max(peak, rssBytes());
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      await delay(50);
    }
  })();
  const result = await work().finally(() => (isOver = true));
  await watch;
  return { result, grownBytes: peak - before, tookMs: performance.now() - begun };
}

const postImage = (bytes: Buffer, type: string, fileName: string): Promise<Response> =>
  fetch(`${url}/dicom-web/studies?${new URLSearchParams({ PatientID: 'Hostile', fileName }).toString()}`, {
    method: 'POST',
    headers: { 'Content-Type': type },
    body: new Uint8Array(bytes),
  });

async function expectToWork(): Promise<void> {
  const ids = { study: newUid(), series: newUid(), instance: newUid() };
  const file = ctSlice({ StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance });
  expect((await stowSingle(url, file)).status).toBe(200);
  const back = await get(`${url}${instancePath(ids)}`, storedSingle);
  expect(sha256(Buffer.from(await back.arrayBuffer()))).toBe(sha256(file));
}

/** Part 10 in the deflated transfer syntax, whose data set goes on with `count` MiB of zeros in one value. */
function deflateBomb(count: number): Buffer {
  const file = ctSlice();
  const meta = file.indexOf(Buffer.from('08001600', 'hex'));
  const value = Buffer.from('e17f10004f42000000000000', 'hex');
  value.writeUInt32LE(count * MiB - 2, 8);
  // Each piece ends at a byte and does not refer to those before it: one is as good as thousands.
  const piece = deflateRawSync(Buffer.alloc(MiB), { finishFlush: constants.Z_FULL_FLUSH });
  const head = deflateRawSync(value, { finishFlush: constants.Z_FULL_FLUSH });
  const syntax = Buffer.from(file.subarray(0, meta));
  const at = syntax.indexOf('1.2.840.10008.1.2.1\0');
  const longer = Buffer.concat([
    syntax.subarray(0, at),
    Buffer.from('1.2.840.10008.1.2.1.99'),
    syntax.subarray(at + 20),
  ]);
  longer.writeUInt16LE(22, at - 2);
  return Buffer.concat([longer, head, ...Array<Buffer>(count).fill(piece), Buffer.from([3, 0])]);
}

function png({ width, height }: { width: number; height: number }): Buffer {
  const chunk = (type: string, body: Buffer): Buffer => {
    const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length);
    check.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(1, 8);
  const rows = Buffer.alloc(Math.min(height * (1 + Math.ceil(width / 8)), 16 * MiB));
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('Bombs', () => {
  it('a deflated data set of more than 2 GiB is refused in bounded memory', async () => {
    const bomb = deflateBomb(2200);
    expect(bomb.length).toBeLessThan(5 * MiB);
    const { result, grownBytes, tookMs } = await watched(() => stowSingle(url, bomb));
    expect(result.status).toBe(400);
    expect(result.headers.get('Warning')).toMatch(/C000 .* inflates to more than 2147483648 bytes/);
    expect(grownBytes).toBeLessThan(300 * MiB);
    expect(tookMs).toBeLessThan(4 * promptlyMs);
  });

  it.each([
    ['PNG', 'image/png', png({ width: 60_000, height: 60_000 })],
    ['PNG of a side that no DICOM object has', 'image/png', png({ width: 65_536, height: 8 })],
  ])('a %s of too many pixels is refused by its header', async (_, type, bytes) => {
    const { result, grownBytes } = await watched(() => postImage(bytes, type, 'bomb.png'));
    expect(result.status).toBe(400);
    expect(grownBytes).toBeLessThan(100 * MiB);
  });

  it('a JPEG of too many pixels is refused by its header', async () => {
    const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    jpeg.writeUInt32BE(0xffffffff, jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 5);
    const { result, grownBytes } = await watched(() => postImage(jpeg, 'image/jpeg', 'bomb.jpg'));
    expect(result.status).toBe(400);
    expect(grownBytes).toBeLessThan(100 * MiB);
  });

  it('the largest picture that is taken, 8 KB for 64 million pixels, takes bounded memory', async () => {
    const { result, grownBytes } = await watched(() =>
      postImage(png({ width: 8192, height: 8192 }), 'image/png', 'large.png'),
    );
    expect(result.status).toBe(200);
    expect(grownBytes).toBeLessThan(600 * MiB);
  });
});

describe('Bodies', () => {
  const head = (lines: string): string =>
    `POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorizationOf(url).Authorization}\r\n${lines}\r\n\r\n`;
  const announced = `Content-Type: application/dicom\r\nContent-Length: ${3 * GiB}`;

  it('a single part of 3 GB is refused with 413 before any of it has come', async () => {
    expect(await rawRequest(url, head(announced))).toMatch(/^HTTP\/1\.1 413 /);
    expect(await rawRequest(url, head(`${announced}\r\nExpect: 100-continue`))).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('a length that is none is refused', async () => {
    for (const length of ['-1', '1e9', '0x10', '9'.repeat(40), '5, 6'])
      expect(await rawRequest(url, head(`Content-Type: application/dicom\r\nContent-Length: ${length}`))).toMatch(
        /^HTTP\/1\.1 (400|413) /,
      );
  });

  it('two hundred clients that send a byte now and then keep nobody waiting', async () => {
    const sockets = await Promise.all(Array.from({ length: 200 }, () => openRaw(url)));
    const trickle = setInterval(() => sockets.forEach((socket) => socket.write('x')), 200);
    try {
      sockets.forEach((socket, index) => {
        socket.on('error', () => undefined);
        const body = 'Content-Type: application/dicom\r\nContent-Length: 100000\r\n\r\n';
        socket.write(
          index % 2 === 0
            ? 'GET /dicom-web/studies HTTP/1.1\r\nX: '
            : `POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorizationOf(url).Authorization}\r\n${body}`,
        );
      });
      const begun = performance.now();
      await expectToWork();
      expect(performance.now() - begun).toBeLessThan(promptlyMs);
    } finally {
      clearInterval(trickle);
      sockets.forEach((socket) => socket.destroy());
    }
    await expectToWork();
  });

  it('of 10,000 parts each has its answer', async () => {
    const parts = Array.from({ length: 10_000 }, (_, index) => Buffer.from(`part ${index}`));
    const { result, grownBytes, tookMs } = await watched(() => stow(url, parts));
    expect(result.status).toBe(400);
    const module = (await result.json()) as DataSet;
    expect(module['0008119A']?.Value).toHaveLength(10_000);
    expect(grownBytes).toBeLessThan(300 * MiB);
    expect(tookMs).toBeLessThan(2 * promptlyMs);
  });
});

describe('Names that are paths', () => {
  const tricks = ['..', '.', '%2e%2e', '..%2f..%2f..%2fetc%2fpasswd', '%00', '..%5c..%5cx', '%c0%ae%c0%ae', '%'];

  it.each(tricks)('%s is no UID and no file', async (trick) => {
    const { status, answer } = await rawGet(url, `/dicom-web/studies/${trick}/series/${trick}/instances/${trick}`);
    expect([400, 404]).toContain(status);
    expect(answer).not.toContain('root:');
  });

  it.each([
    '/../package.json',
    '/%2e%2e/package.json',
    '/..%2f..%2fpackage.json',
    '/assets/../../package.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/..%5c..%5cpackage.json',
    '//etc/passwd',
    '/%00',
  ])('GET %s gives no file of the server', async (path) => {
    const { answer } = await rawGet(url, path);
    expect(answer).not.toContain('"name": "dicom-ledger"');
    expect(answer).not.toContain('root:');
    expect(answer).not.toMatch(/^HTTP\/1\.1 500/);
  });

  it.each(['../../x', '/etc/passwd', '1.2.3/../4', '1.2\u00003'])(
    'an instance with the UID "%s" is refused',
    async (uid) => {
      const response = await stowSingle(url, ctSlice({ SOPInstanceUID: uid }));
      expect(response.status).toBe(409);
    },
  );

  it('an image is kept under the last component of its name, and as no file of that name', async () => {
    const red = await sharp({ create: { width: 3, height: 3, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    expect((await postImage(red, 'image/png', '../../../evil-name.png')).status).toBe(200);
    const listed = (await (await get(`${url}/dicom-web/patients/Hostile/images`)).json()) as { name: string }[];
    expect(listed.map(({ name }) => name)).toContain('evil-name.png');
    expect(readdirSync(server.dataFolder, { recursive: true }).join('\n')).not.toContain('evil-name');
    for (const name of ['..', '.', 'a\0b', '/', 'x'.repeat(256)])
      expect((await postImage(red, 'image/png', name)).status).toBe(400);
  });
});

describe('Files that are not what they are called', () => {
  const form = (bytes: Buffer, { type, name }: { type: string; name: string }): Promise<Response> => {
    const body = new FormData();
    body.append('file', new Blob([new Uint8Array(bytes)], { type }), name);
    return fetch(`${url}/dicom-web/patients/Hostile/images`, { method: 'POST', body });
  };
  const jpeg = () =>
    sharp({ create: { width: 5, height: 4, channels: 3, background: 'blue' } })
      .jpeg()
      .toBuffer();

  it('a JPG that is called .dcm is no DICOM instance', async () => {
    const response = await stow(url, [await jpeg()]);
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('49152')]);
    expect((await form(await jpeg(), { type: 'application/octet-stream', name: 'image.dcm' })).status).toBe(400);
    expect((await form(await jpeg(), { type: 'application/dicom', name: 'image.dcm' })).status).toBe(400);
  });

  it('a JPG that says so is taken whatever its name, and a DICOM file that is called .jpg is not', async () => {
    expect((await form(await jpeg(), { type: 'image/jpeg', name: 'image.dcm' })).status).toBe(200);
    expect((await form(ctSlice(), { type: 'image/jpeg', name: 'image.jpg' })).status).toBe(400);
    expect((await form(await jpeg(), { type: 'image/png', name: 'image.png' })).status).toBe(400);
  });
});

describe('HTML in names and reports', () => {
  const html = '<script>alert(1)</script>';
  const inBrowser = 'text/html,application/xhtml+xml,*/*;q=0.8';

  it('is JSON of a type that no browser runs, in searches and metadata', async () => {
    const ids = { study: newUid(), series: newUid(), instance: newUid() };
    const names = { PatientName: [{ Alphabetic: html }], PatientID: html, StudyDescription: html };
    const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
    expect((await stowSingle(url, ctSlice({ ...names, ...uids }))).status).toBe(200);
    for (const path of [
      `/dicom-web/studies?StudyInstanceUID=${ids.study}`,
      `/dicom-web/studies/${ids.study}/metadata`,
    ]) {
      const response = await get(`${url}${path}`, inBrowser);
      expect(response.headers.get('Content-Type')).toMatch(/^application\/(dicom\+)?json/);
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(await response.text()).toContain(html);
    }
  });

  it.each([`/dicom-web/studies/${html}`, `/dicom-web/${html}`, `/dicom-web/studies?limit=${html}`])(
    'is no HTML in the answer to GET %s',
    async (path) => {
      const { status, answer } = await rawGet(url, path, { Accept: inBrowser });
      expect([400, 404]).toContain(status);
      expect(answer).not.toMatch(/^content-type: text\/html/im);
      expect(answer).toMatch(/^x-content-type-options: nosniff/im);
    },
  );

  it('is not repeated by the page of the viewer', async () => {
    expect((await rawGet(url, `/${html}`, { Accept: inBrowser })).answer).not.toContain(html);
  });

  it('is text in a report', async () => {
    const ids = { study: newUid(), series: newUid(), instance: newUid() };
    const concept = (CodeMeaning: string) => ({ CodeValue: '1', CodingSchemeDesignator: 'DCM', CodeMeaning });
    const report = part10(
      {
        SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.11',
        SOPInstanceUID: ids.instance,
        StudyInstanceUID: ids.study,
        SeriesInstanceUID: ids.series,
        PatientName: [{ Alphabetic: html }],
        PatientID: html,
        Modality: 'SR',
        ValueType: 'CONTAINER',
        ConceptNameCodeSequence: [concept(html)],
        ContentSequence: [
          {
            RelationshipType: 'CONTAINS',
            ValueType: 'TEXT',
            ConceptNameCodeSequence: [concept(html)],
            TextValue: html,
          },
        ],
      },
      { SOPInstanceUID: ids.instance },
    );
    expect((await stowSingle(url, report)).status).toBe(200);
    const response = await get(`${url}${instancePath(ids)}/rendered`, inBrowser);
    expect(response.headers.get('Content-Type')).toMatch(/^text\/html/);
    const page = await response.text();
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toMatch(/<script|<img|onerror=/i);
    expect(response.headers.get('Content-Security-Policy')).toMatch(/default-src 'none'/);
  });
});

describe('Keys of every object in JavaScript', () => {
  const keys = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '__proto__.polluted',
    'constructor.prototype.x',
  ];

  it.each(keys)('%s is an unknown attribute of a search', async (key) => {
    const response = await get(
      `${url}/dicom-web/studies?${encodeURIComponent(key)}=1&includefield=${encodeURIComponent(key)}`,
    );
    expect(response.status).toBe(200);
    expect(response.headers.get('Warning')).toMatch(/ignored/);
  });

  it('a body with them is read as one without', async () => {
    for (const body of [
      '{"__proto__":{"reason":"x"}}',
      '{"constructor":{"prototype":{"reason":"x"}}}',
      '[]',
      '"x"',
      'null',
    ])
      expect(
        (
          await fetch(`${url}/ledger/instances/1.2.3/retire`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body,
          })
        ).status,
      ).toBe(400);
  });

  it('a transfer syntax of that name is none, and a private creator is kept as it is', async () => {
    const file = ctSlice();
    const at = file.indexOf('1.2.840.10008.1.2.1\0');
    file.write('__proto__'.padEnd(20, '\0'), at, 'latin1');
    expect((await stowSingle(url, file)).status).toBe(400);
    const ids = { study: newUid(), series: newUid(), instance: newUid() };
    const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
    expect(
      (await stowSingle(url, ctSlice({ ...uids, StudyID: '__proto__', SeriesDescription: 'constructor' }))).status,
    ).toBe(200);
    const response = await get(`${url}${instancePath(ids)}/metadata`);
    expect(await response.text()).toContain('"00200010":{"vr":"SH","Value":["__proto__"]}');
  });
});

describe('Patterns that are slow for regular expressions', () => {
  beforeAll(async () => {
    const PatientName = [{ Alphabetic: 'a'.repeat(64) }];
    expect((await stowSingle(url, ctSlice({ PatientName, ImageComments: 'a'.repeat(9000) }))).status).toBe(200);
  });

  it.each([
    `${'*a'.repeat(50)}b`,
    `${'*a?'.repeat(1000)}*b`,
    `${'?'.repeat(1000)}*b`,
    `${'^'.repeat(9000)}x`,
    `a${'*'.repeat(9000)}b`,
    `${'['.repeat(3000)}*`,
    '(a+)+$',
    `${' '.repeat(9000)}x`,
  ])('pattern %# is answered promptly', async (pattern) => {
    const { tookMs } = await watched(async () => {
      for (const key of ['PatientName', 'ImageComments', '00081140.00081155'])
        for (const fuzzy of ['true', 'false']) {
          const query = new URLSearchParams({ [key]: pattern, fuzzymatching: fuzzy });
          expect((await get(`${url}/dicom-web/studies?${query.toString()}`)).status).toBe(200);
        }
    });
    expect(tookMs).toBeLessThan(promptlyMs);
  });

  it.each([
    ['a name of 20,000 hats', `PatientName=${'%5E'.repeat(20_000)}x`],
    ['a thousand groups', `PatientName=${'b='.repeat(1000)}`],
    ['a thousand wildcards', `ModalitiesInStudy=${'a*,'.repeat(1000)}`],
    ['a thousand keys', Array.from({ length: 1000 }, (_, index) => `0041${1000 + index}=1`).join('&')],
  ])('%s are refused', async (_, query) => {
    expect((await get(`${url}/dicom-web/studies?${query}`)).status).toBe(400);
  });
});

describe('Afterwards', () => {
  it('the server stores and retrieves as before', expectToWork);
});
