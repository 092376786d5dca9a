// About 90 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pLimit from 'p-limit';
import { sampleFiles, sampleFolder } from '../../src/dicom/testing/sample-files.js';
import {
  bytesOf,
  type DataSet,
  type Element,
  get,
  items,
  sha256,
  storedSingle,
  stowSingle,
} from '../testing/dicomweb-client.js';
import { newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const MAX_BYTES = 1024 * 1024;
/** Tried with the samples of `ENCODED`. */
const SYNTAXES = ['2.4.50', '2.4.57', '2.4.70', '2.4.80', '2.4.90', '2.4.91', '2.4.201', '2.5'].map((end) => `1.2.840.10008.1.${end}`); // prettier-ignore
const ENCODED =
  /pydicom\/(CT_small|MR_small|examples_palette|examples_rgb_color|examples_overlay|SC_rgb_small_odd)\.dcm/;
/** Programs that read a file to its end, and say by their exit code whether they could. */
const TOOLS: readonly [string, ...string[]][] = [['dcmdump', '--quiet', '--load-all'], ['dcm2json'], ['gdcminfo']];

/** gdcm reads on for ever in the sample as it was given. */
const ENDLESS_FOR_GDCM = ['pydicom/SC_rgb_jpeg.dcm'];

interface Sample {
  name: string;
  file: string;
  url: string;
  uids: [study: string, series: string, instance: string];
}

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-comes-back-'));
const limit = pLimit(3);
const requests = pLimit(4);
let server: RunningServer;
const samples: Sample[] = [];

const run = (command: string, parameters: readonly string[]): Promise<{ code: unknown; stdout: string }> =>
  limit(
    () =>
      new Promise((resolve) => {
        execFile(command, parameters, { maxBuffer: 2 ** 27, timeout: 60_000 }, (error, stdout) =>
          resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout }),
        );
      }),
  );

let written = 0;
function keep(bytes: Buffer): string {
  const file = path.join(folder, `${written++}.dcm`);
  writeFileSync(file, bytes);
  return file;
}

const failures = new Map<string, Promise<string[]>>();
/** The programs that cannot read a file; asked once of each content. */
function failing({ name: sample }: Sample, file: string): Promise<string[]> {
  const key = sha256(readFileSync(file));
  const asked =
    failures.get(key) ??
    Promise.all(
      TOOLS.filter(([name]) => !(name === 'gdcminfo' && ENDLESS_FOR_GDCM.includes(sample))).map(
        async ([name, ...options]) => ((await run(name, [...options, file])).code === 0 ? [] : [name]),
      ),
    ).then((names) => names.flat());
  failures.set(key, asked);
  return asked;
}

/** dcm2json converts no encapsulated pixels, and Debian's gdcm is older than HTJ2K. */
const cannotRead = (syntax: string): string[] => (syntax.endsWith('.4.201') ? ['dcm2json', 'gdcminfo'] : ['dcm2json']);

/** What cannot read a file that came back although it could read what was stored. */
async function findings(sample: Sample, what: string, file: string): Promise<string[]> {
  const [before, failed] = await Promise.all([failing(sample, sample.file), failing(sample, file)]);
  const excused = [...before, ...(SYNTAXES.includes(what) ? cannotRead(what) : [])];
  return failed.filter((name) => !excused.includes(name)).map((name) => `${sample.name} ${what}: ${name}`);
}

/** Asks for a form of each sample and lets all programs read it; `undefined` where there is none of this sample. */
async function checkAll(what: string, fetchOne: (sample: Sample) => Promise<Buffer | undefined>): Promise<number> {
  let checked = 0;
  const found = await Promise.all(
    samples.map((sample) =>
      requests(async () => {
        const bytes = await fetchOne(sample);
        if (bytes === undefined) return [];
        checked++;
        return findings(sample, what, keep(bytes));
      }),
    ),
  );
  expect(found.flat()).toEqual([]);
  return checked;
}

async function fetched(url: string, accept: string): Promise<Buffer> {
  const response = await get(url, accept);
  expect([url, accept, response.status]).toEqual([url, accept, 200]);
  return bytesOf(response);
}

beforeAll(async () => {
  server = await startServer();
  for (const name of ['pydicom', 'wg04', 'mr-structural'].flatMap((part) =>
    sampleFiles(part).slice(0, part === 'mr-structural' ? 1 : undefined),
  )) {
    if (!name.endsWith('.dcm')) continue;
    const file = path.join(sampleFolder, name);
    const bytes = readFileSync(file);
    if (bytes.length > MAX_BYTES) continue;
    const answer = (await (await stowSingle(server.url, bytes)).json()) as DataSet;
    const [stored] = items(answer, '00081199');
    const url = String(stored?.['00081190']?.Value?.[0]);
    const uids = /studies\/(.*)\/series\/(.*)\/instances\/(.*)$/.exec(url)?.slice(1) as Sample['uids'] | undefined;
    // Several samples are the same object again.
    if (uids === undefined || samples.some((other) => other.url === url)) continue;
    samples.push({ name, file, url, uids });
  }
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('What comes back of the samples is read by dcmtk and gdcm', () => {
  it('as it was stored, and in Explicit VR Little Endian', async () => {
    expect(samples.length).toBeGreaterThan(40);
    expect(await checkAll('stored', ({ url }) => fetched(url, storedSingle))).toBe(samples.length);
    const explicit = await checkAll('explicit', async ({ url }) => {
      const response = await get(url, 'application/dicom');
      return response.status === 200 ? bytesOf(response) : undefined;
    });
    expect(explicit).toBeGreaterThan(40);
  });

  it('by WADO-URI', async () => {
    const checked = await checkAll('by URI', async ({ uids: [study, series, instance] }) => {
      const query = `requestType=WADO&studyUID=${study}&seriesUID=${series}&objectUID=${instance}`;
      const response = await get(`${server.url}/wado?${query}&contentType=application/dicom`, '*/*');
      return response.status === 200 ? bytesOf(response) : undefined;
    });
    expect(checked).toBeGreaterThan(40);
  });

  it.each(SYNTAXES)('encoded as %s', async (syntax) => {
    const checked = await checkAll(syntax, async ({ name, url }) => {
      if (!ENCODED.test(name)) return undefined;
      const response = await get(url, `application/dicom; transfer-syntax=${syntax}`);
      // There is no lossy form of what has more than 8 bits.
      return response.status === 406 ? undefined : bytesOf(response);
    });
    expect(checked).toBeGreaterThan(0);
  });

  it('out of a zip, which unzip and Python open', async () => {
    const python = [
      'import sys, zipfile',
      'z = zipfile.ZipFile(sys.argv[1])',
      'assert z.testzip() is None',
      'z.extractall(sys.argv[2])',
      'print(len(z.namelist()))',
    ].join('\n');
    const seen = new Set<string>();
    const found: string[] = [];
    for (const { uids, url } of samples) {
      const study = url.slice(0, url.indexOf('/series/'));
      if (seen.has(study)) continue;
      const response = await get(study, 'application/zip; transfer-syntax=*');
      expect([study, response.status]).toEqual([study, 200]);
      const zip = path.join(folder, `${uids[0]}.zip`);
      writeFileSync(zip, await bytesOf(response));
      const out = path.join(folder, `out-${seen.size}`);
      seen.add(study);
      mkdirSync(out);
      expect([study, (await run('unzip', ['-tqq', zip])).code]).toEqual([study, 0]);
      const ofStudy = samples.filter((one) => one.uids[0] === uids[0]);
      const opened = await run('python3', ['-c', python, zip, out]);
      expect([opened.code, Number(opened.stdout)]).toEqual([0, ofStudy.length]);
      const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.dcm'));
      for (const sample of ofStudy) {
        const file = path.join(out, files.find((one) => one.includes(sample.uids[2])) ?? 'absent');
        expect(readFileSync(file).subarray(128, 132).toString()).toBe('DICM');
        found.push(...(await findings(sample, 'zip', file)));
      }
    }
    expect(found).toEqual([]);
    expect(seen.size).toBeGreaterThan(20);
  });

  it('composed from its metadata and bulk data, under another UID', async () => {
    let composed = 0;
    const checked = await checkAll('composed', async ({ url }) => {
      const [metadata] = JSON.parse((await fetched(`${url}/metadata`, 'application/dicom+json')).toString()) as [
        DataSet,
      ];
      const bulk = await bulkOf(metadata);
      if (bulk === undefined) return undefined;
      metadata['00080018'] = { vr: 'UI', Value: [newUid()] };
      const parts = [
        Buffer.from(`--b-1\r\nContent-Type: application/dicom+json\r\n\r\n${JSON.stringify([metadata])}\r\n`),
        ...bulk.flatMap(({ uri, bytes }) => [
          Buffer.from(`--b-1\r\nContent-Type: application/octet-stream\r\nContent-Location: ${uri}\r\n\r\n`),
          bytes,
          Buffer.from('\r\n'),
        ]),
        Buffer.from('--b-1--\r\n'),
      ];
      const response = await fetch(`${server.url}/dicom-web/studies`, {
        method: 'POST',
        headers: { 'Content-Type': 'multipart/related; type="application/dicom+json"; boundary=b-1' },
        body: new Uint8Array(Buffer.concat(parts)),
      });
      const answer = (await response.json()) as DataSet;
      const [stored] = items(answer, '00081199');
      if (stored === undefined) throw new Error(`${url}: ${response.status} ${JSON.stringify(answer)}`);
      composed++;
      return fetched(String(stored['00081190']?.Value?.[0]), storedSingle);
    });
    expect([checked, composed > 30]).toEqual([composed, true]);
  });
});

/** The bulk data that metadata names, at any depth, uncompressed; undefined where one of them is not to be had so. */
async function bulkOf(dataSet: DataSet): Promise<{ uri: string; bytes: Buffer }[] | undefined> {
  const found: { uri: string; bytes: Buffer }[] = [];
  for (const { BulkDataURI, vr, Value } of Object.values(dataSet)) {
    if (BulkDataURI !== undefined) {
      const response = await get(BulkDataURI, 'application/octet-stream');
      if (response.status !== 200) return undefined;
      found.push({ uri: BulkDataURI, bytes: await bytesOf(response) });
    }
    if (vr === 'SQ')
      for (const item of (Value ?? []) as Record<string, Element>[]) {
        const within = await bulkOf(item);
        if (within === undefined) return undefined;
        found.push(...within);
      }
  }
  return found;
}
