// A whole archive's life on real images: store, kill -9 in the middle, store again, fetch every byte back, verify, rebuild.
// usage: npm run bench:acceptance -- <folders…>     (prints its figures as JSON, exit code 1 when anything differs)
import type { DicomJson } from '../../src/standard/dicom-json.js';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fetch, type Response } from 'undici';
import { openAgent } from '../open-agent.js';
import { until } from '../../src/base/testing/until.js';
import { firstValue, instancePathOf } from '../first-value.js';
import { runCommand } from '../run-command.js';
import { residentMB, startBenchServer } from '../start-bench-server.js';

/** So many objects are stored when the server is killed. */
const STORED_BEFORE_THE_KILL = 120;
const WAIT = { timeoutMs: 3_600_000, pauseMs: 50 };

const folders = process.argv.slice(2);
const dispatcher = openAgent();
const faults: string[] = [];
const figures: Record<string, unknown> = {};
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const dataFolder = mkdtempSync(path.join(os.tmpdir(), 'dicom-ledger-bench-'));
let server = await startBenchServer({ dataFolder });
const firstPreview = watchFirstPreview();
const interrupted = run('store', ...folders, '--url', server.url);
await until(
  `${STORED_BEFORE_THE_KILL} stores`,
  async () => Number((await metric('dicom_ledger_stores_total{outcome="stored"}')) ?? 0) >= STORED_BEFORE_THE_KILL,
  WAIT,
);
figures['firstPreviewMs'] = await firstPreview;
await server.kill9();
await interrupted;

server = await startBenchServer({ dataFolder });
const again = await run('store', ...folders, '--url', server.url);
figures['again'] = again.lines.at(-1);
figures['refused'] = again.lines
  .filter((line) => line.startsWith('refused'))
  .map((line) => line.replace(/^refused .*\//, ''));
figures['rssMB'] = residentMB(server);
figures['returned'] = await fetchEverythingBack();
const verified = await run('verify', '--all', '--url', server.url);
figures['verify'] = verified.lines.at(-1);
if (verified.code !== 0) faults.push('verify --all found something.');

const before = await answers();
await server.stop();
const rebuilt = await run('rebuild');
figures['rebuild'] = rebuilt.lines.at(-1);
server = await startBenchServer({ dataFolder });
const after = await answers();
for (const [url, text] of before) if (after.get(url) !== text) faults.push(`${url} differs after the rebuild.`);
figures['answersCompared'] = before.size;

await server.stop();
rmSync(dataFolder, { recursive: true, force: true });
console.log(JSON.stringify({ ...figures, faults }, null, 2));
process.exit(faults.length > 0 ? 1 : 0);

function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url.startsWith('http') ? url : `${server.url}/dicom-web${url}`, { headers, dispatcher });
}

async function getJson<T>(url: string): Promise<T> {
  return (await (await get(url)).json()) as T;
}

async function metric(name: string): Promise<string | undefined> {
  const text = await (await get(`${server.url}/metrics`)).text();
  return text
    .split('\n')
    .find((line) => line.startsWith(name))
    ?.split(' ')
    .at(-1);
}

/** From now until any instance's preview is served. */
async function watchFirstPreview(): Promise<number> {
  const begun = performance.now();
  const found = await until('an instance', async () => (await getJson<DicomJson[]>('/instances?limit=1'))[0], WAIT);
  const answer = await get(`${instancePathOf(found)}/thumbnail`);
  if (answer.status !== 200) faults.push(`The first thumbnail answered ${answer.status}.`);
  return Math.round(performance.now() - begun);
}

function run(...args: string[]): ReturnType<typeof runCommand> {
  return runCommand(args, { DATA_DIR: dataFolder, LOG_LEVEL: 'silent' });
}

/** Every stored object's bytes, by transfer-syntax=* and from /images, against the files that were sent. */
async function fetchEverythingBack(): Promise<{ dicom: number; images: number }> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(folder, name))
      .filter((name) => statSync(name).isFile()),
  );
  const sent = new Set(files.map((file) => sha256(readFileSync(file))));
  let dicom = 0;
  let images = 0;
  for (const item of await getJson<DicomJson[]>('/instances?limit=5000&includefield=00080005')) {
    const instance = firstValue(item, '00080018');
    const record = await getJson<{ mediaType: string }>(`${server.url}/ledger/instances/${instance}`);
    if (record.mediaType !== 'application/dicom') continue;
    const answer = await get(instancePathOf(item), { Accept: 'application/dicom; transfer-syntax=*' });
    if (sent.has(sha256(Buffer.from(await answer.arrayBuffer())))) dicom++;
    else faults.push(`${instance} came back with ${answer.status} and other bytes.`);
  }
  for (const patient of await getJson<DicomJson[]>('/patients?limit=5000')) {
    if (!patient['00100020']?.Value?.length) continue;
    const id = encodeURIComponent(firstValue(patient, '00100020'));
    const list = await getJson<{ SOPInstanceUID: string; name: string }[]>(`/patients/${id}/images`);
    for (const { SOPInstanceUID, name } of list) {
      const answer = await get(`/patients/${id}/images/${encodeURIComponent(name)}?uid=${SOPInstanceUID}`);
      if (sent.has(sha256(Buffer.from(await answer.arrayBuffer())))) images++;
      else faults.push(`${name} came back with ${answer.status} and other bytes.`);
    }
  }
  return { dicom, images };
}

/** QIDO-RS answers and every series' metadata, without the server's own address. */
async function answers(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const ask = async (url: string): Promise<DicomJson[]> => {
    const text = (await (await get(url)).text()).replaceAll(server.url, '');
    found.set(url, text);
    return JSON.parse(text) as DicomJson[];
  };
  await ask('/patients?limit=5000&includefield=all');
  await ask('/studies?limit=5000&includefield=all');
  await ask('/instances?limit=5000&includefield=all');
  for (const item of await ask('/series?limit=5000&includefield=all'))
    await ask(`/studies/${firstValue(item, '0020000D')}/series/${firstValue(item, '0020000E')}/metadata`);
  return found;
}
