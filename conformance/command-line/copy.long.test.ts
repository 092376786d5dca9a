import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { image, part10, type Spelling, text, words } from '../../src/dicom/testing/hand-made.js';
import { type CommandResult, runCommand } from '../testing/command-line.js';
import {
  bytesOf,
  type DataSet,
  get,
  instancePath,
  sha256,
  stowSingle,
  storedSingle,
} from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const ofFiles = { study: newUid(), series: newUid() };
const retired = newUid();
const PatientID = `Ünï/${newUid()}`;
const givenStudy = newUid();

let from: RunningServer;
let to: RunningServer;
let first: CommandResult;

const png = (red: number): Promise<Buffer> =>
  sharp({ create: { width: 20, height: 20, channels: 3, background: { r: red, g: 90, b: 90 } } })
    .png()
    .toBuffer();

async function upload(bytes: Buffer, query: Record<string, string>, type = 'image/png'): Promise<void> {
  const url = `${from.url}/dicom-web/studies?${new URLSearchParams({ PatientID, ...query }).toString()}`;
  const body = new Uint8Array(bytes);
  expect((await fetch(url, { method: 'POST', headers: { 'Content-Type': type }, body })).status).toBe(200);
}

async function store(bytes: Buffer): Promise<void> {
  expect((await stowSingle(from.url, bytes)).status).toBe(200);
}

function spelled(spelling: Spelling | 'deflated'): Buffer {
  const instance = newUid();
  const elements = [
    text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
    text(0x00080018, 'UI', instance),
    text(0x00100020, 'LO', 'P-2'),
    text(0x0020000d, 'UI', ofFiles.study),
    text(0x0020000e, 'UI', ofFiles.series),
    ...image(40, 60, { bits: 16 }),
    text(0x00280004, 'CS', 'MONOCHROME2'),
    words(0x00280101, 'US', 12),
    words(0x00280102, 'US', 11),
    { tag: 0x7fe00010, vr: 'OW', value: Buffer.alloc(4800, spelling) },
  ];
  return part10(
    elements.sort((a, b) => a.tag - b.tag),
    { spelling, mediaStorageUid: instance },
  );
}

const copy = (...servers: { url: string }[]): Promise<CommandResult> => {
  const [a, b] = servers.map(({ url }) => url) as [string, string];
  return runCommand(['copy', '--from', a, '--to', b]);
};

async function sealed(url: string): Promise<string[]> {
  const lines = (await (await get(`${url}/ledger/instances`)).text()).trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { SOPInstanceUID: string }).SOPInstanceUID);
}

/** What a search finds, without the URLs, by UID. */
async function search(url: string, path: string): Promise<string[]> {
  const found = (await (await get(`${url}/dicom-web/${path}`)).json()) as DataSet[];
  return found.map(({ '00081190': _url, ...rest }) => JSON.stringify(rest)).sort();
}

beforeAll(async () => {
  [from, to] = await Promise.all([startServer(), startServer()]);
  for (const spelling of ['implicit', 'explicit', 'big', 'deflated'] as const) await store(spelled(spelling));
  // Of these, the first of the study and of each series describes it.
  const [StudyInstanceUID, ...series] = [newUid(), newUid(), newUid()];
  for (let i = 0; i < 12; i++)
    await store(
      ctSlice(
        {
          StudyInstanceUID,
          SeriesInstanceUID: series[i % 2],
          StudyDescription: `Study ${i}`,
          SeriesDescription: `Series ${i}`,
        },
        { size: 16 },
      ),
    );
  await store(ctSlice({ SOPInstanceUID: retired }, { size: 16 }));
  await upload(await png(1), { fileName: 'scan.png', acquisition: '2020-01-31' });
  await upload(await png(2), { fileName: 'scan.png', acquisition: '2021-01-31T12:30' });
  await upload(await png(3), { fileName: 'scan.png' });
  await upload(await png(4), {});
  await upload(await sharp(await png(5)).jpeg().toBuffer(), { fileName: 'Röntgen & bild+1.jpg', StudyInstanceUID: givenStudy }, 'image/jpeg'); // prettier-ignore
  const { code } = await runCommand(['retire', retired, '--reason', 'a test', '--url', from.url]);
  expect(code).toBe(0);
  first = await copy(from, to);
});
afterAll(() => Promise.all([from.stop(), to.stop()]));

describe('dicom-ledger copy', () => {
  it('copies every sealed instance, and tells how to check it', async () => {
    expect(first.stdout).toMatch(/^21 stored, 0 already there, 0 refused; [\d.]+ MB in [\d.]+ s/m);
    expect(first.stdout).toContain(`dicom-ledger verify --all --url ${to.url}`);
    expect(first.code).toBe(0);
    expect((await sealed(to.url)).sort()).toEqual((await sealed(from.url)).sort());
    expect(await sealed(to.url)).not.toContain(retired);
  });

  it('leaves nothing to be found otherwise', async () => {
    for (const path of ['studies?includefield=all', 'series?includefield=all', 'instances?includefield=all']) {
      const there = await search(to.url, path);
      expect(there).toEqual(await search(from.url, path));
      expect(there.length).toBeGreaterThan(5);
    }
  });

  it('keeps the bytes of DICOM objects in every syntax', async () => {
    const found = (await (await get(`${from.url}/dicom-web/instances`)).json()) as DataSet[];
    const value = (found: DataSet, tag: string) => String(found[tag]?.Value?.[0]);
    expect(found).toHaveLength(21);
    for (const instance of found) {
      const path = instancePath({
        study: value(instance, '0020000D'),
        series: value(instance, '0020000E'),
        instance: value(instance, '00080018'),
      });
      const [a, b] = await Promise.all(
        [from, to].map(async ({ url }) => bytesOf(await get(`${url}${path}`, storedSingle))),
      );
      expect(sha256(b ?? Buffer.alloc(0))).toBe(sha256(a ?? Buffer.alloc(1)));
    }
  });

  it('keeps uploaded files, their names and dates, and which of one name is the newest', async () => {
    const path = `/dicom-web/patients/${encodeURIComponent(PatientID)}/images`;
    const list = async (url: string) => {
      const images = (await (await get(`${url}${path}`)).json()) as Record<string, string>[];
      return images.map(({ url: _a, instanceUrl: _b, storedAt: _c, ...rest }) => rest);
    };
    const there = await list(to.url);
    const ofScan = (images: Record<string, string>[]) => images.filter(({ name }) => name === 'scan.png');
    expect(ofScan(there)).toEqual(ofScan(await list(from.url)));
    expect(ofScan(there)).toHaveLength(3);
    const uids = (images: Record<string, string>[]) => images.map((image) => JSON.stringify(image)).sort();
    expect(uids(there)).toEqual(uids(await list(from.url)));
    const newest = await bytesOf(await get(`${to.url}${path}/scan.png`));
    expect(sha256(newest)).toBe(sha256(await png(3)));
  });

  it('copies nothing the second time', async () => {
    const again = await copy(from, to);
    expect(again.stdout).toMatch(/^0 stored, 21 already there, 0 refused; 0\.0 MB /m);
    expect(again.code).toBe(0);
  });

  it('says what the other server has retired or under other content, and ends with exit code 1', async () => {
    const uid = newUid();
    const slice = ctSlice({ SOPInstanceUID: uid }, { size: 16 });
    await store(slice);
    expect((await stowSingle(to.url, Buffer.concat([slice.subarray(0, -2), Buffer.from([1, 2])]))).status).toBe(200);
    const other = (await sealed(from.url))[0] ?? '';
    await runCommand(['retire', other, '--reason', 'a test', '--url', to.url]);
    const { code, stdout } = await copy(from, to);
    expect(stdout).toMatch(new RegExp(`^refused ${uid}: 0x0111 `, 'm'));
    expect(stdout).toMatch(new RegExp(`^refused ${other}: It was retired at `, 'm'));
    expect(stdout).toMatch(/^0 stored, 20 already there, 2 refused;/m);
    expect(code).toBe(1);
  });

  it('does not copy a server into itself', async () => {
    const { port } = new URL(from.url);
    const { code, stderr } = await copy(from, { url: `http://localhost:${port}/` });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/are the same server/)]);
  });

  it('names the server that does not answer', async () => {
    const nobody = { url: 'http://127.0.0.1:9' };
    for (const servers of [
      [from, nobody],
      [nobody, to],
    ]) {
      const { code, stderr } = await copy(...servers);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`No answer from ${nobody.url}`)]);
    }
  });

  it('says under which UID an image went where the issuer is another', async () => {
    const third = await startServer({ env: { PATIENT_ID_ISSUER: 'Elsewhere' } });
    try {
      const { code, stdout } = await copy(from, third);
      expect(
        stdout.match(/^refused \S+: It is stored as 2\.25\.\d+ there, because .*PATIENT_ID_ISSUER/gm),
      ).toHaveLength(5);
      expect(code).toBe(1);
    } finally {
      await third.stop();
    }
  });
});

describe('dicom-ledger copy, when a server cannot now', () => {
  let front: Server;
  let frontUrl: string;
  /** What the server in front of `from` and `to` answers; undefined lets it through. */
  let refuse: (method: string, path: string) => { status: number; retryAfterS?: string } | undefined;
  const target = { url: '' };

  beforeAll(async () => {
    front = createServer((request, response) => {
      const refusal = refuse(request.method ?? '', request.url ?? '');
      if (refusal) {
        request.resume();
        response.writeHead(refusal.status, { 'Retry-After': refusal.retryAfterS ?? '0' }).end();
        return;
      }
      void (async () => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of request) chunks.push(chunk as Uint8Array);
        const { 'content-type': type, accept = '*/*' } = request.headers;
        const passed = await fetch(`${target.url}${request.url}`, {
          method: request.method ?? 'GET',
          headers: { accept, ...(type && { 'content-type': type }) },
          ...(request.method === 'POST' && { body: new Uint8Array(Buffer.concat(chunks)) }),
        });
        response.writeHead(passed.status, { 'Content-Type': passed.headers.get('Content-Type') ?? 'text/plain' });
        response.end(new Uint8Array(await passed.arrayBuffer()));
      })();
    });
    front.listen(0, '127.0.0.1');
    await new Promise((resolve) => front.once('listening', resolve));
    frontUrl = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  });
  afterAll(() => void front.close());

  it('waits as Retry-After says and goes on', async () => {
    const empty = await startServer();
    try {
      target.url = empty.url;
      const refused = new Set<string>();
      refuse = (method, path) => {
        const key = `${method} ${path}`;
        if (path === '/healthz' || refused.size > 20 || refused.has(key)) return undefined;
        refused.add(key);
        return { status: 503 };
      };
      const { code, stdout } = await copy(from, { url: frontUrl });
      expect(refused.size).toBeGreaterThan(10);
      expect(stdout).toMatch(/^22 stored, 0 already there, 0 refused;/m);
      expect(code).toBe(0);
    } finally {
      await empty.stop();
    }
  });

  it('counts what is retired meanwhile, and stores nothing that is not what its ledger says', async () => {
    const empty = await startServer();
    try {
      target.url = from.url;
      const [gone = '', broken = ''] = await sealed(from.url);
      refuse = (_method, path) => {
        if (path.includes(`/instances/${gone}`) && path.startsWith('/dicom-web')) return { status: 410 };
        if (path.includes(`/instances/${broken}`) && path.startsWith('/dicom-web')) return { status: 200 };
        return undefined;
      };
      const { code, stdout } = await copy({ url: frontUrl }, empty);
      expect(stdout).toMatch(new RegExp(`^refused ${broken}: .*SHA-256`, 'm'));
      expect(stdout).toMatch(/^20 stored, 0 already there, 1 retired, 1 refused;/m);
      expect(code).toBe(1);
      expect(await sealed(empty.url)).not.toContain(broken);
    } finally {
      await empty.stop();
    }
  });
});
