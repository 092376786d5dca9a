// A whole archive's life on real images: store, kill -9 in the middle, store again, fetch every byte back, verify, rebuild.
// usage: node bench/acceptance.mjs <folders…>     (needs a build; prints its figures as JSON, exit code 1 when anything differs)
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Agent, fetch } from 'undici';
import { startServer } from './server.mjs';

const folders = process.argv.slice(2);
const cli = path.resolve(import.meta.dirname, '../dist/cli/main.js');
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
const faults = [];
const figures = {};
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

let server = await startServer();
const firstPreview = watchFirstPreview();
const interrupted = run('store', ...folders, '--url', server.url);
await until(async () => Number((await metric('dicom_ledger_stores_total{outcome="stored"}')) ?? 0) >= 120);
figures.firstPreviewMs = await firstPreview;
await server.kill();
await interrupted;

server = await server.restart();
const again = await run('store', ...folders, '--url', server.url);
figures.again = again.lines.at(-1);
figures.refused = again.lines
  .filter((line) => line.startsWith('refused'))
  .map((line) => line.replace(/^refused .*\//, ''));
figures.rssMB = server.rss();
figures.returned = await fetchEverythingBack();
const verified = await run('verify', '--all', '--url', server.url);
figures.verify = verified.lines.at(-1);
if (verified.code !== 0) faults.push('verify --all found something.');

const before = await answers();
await server.end();
const rebuilt = await run('rebuild');
figures.rebuild = rebuilt.lines.at(-1);
server = await server.restart();
const after = await answers();
for (const [url, text] of before) if (after.get(url) !== text) faults.push(`${url} differs after the rebuild.`);
figures.answersCompared = before.size;

await server.stop();
console.log(JSON.stringify({ ...figures, faults }, null, 2));
process.exit(faults.length > 0 ? 1 : 0);

async function get(url, headers = {}) {
  return fetch(url.startsWith('http') ? url : `${server.url}/dicom-web${url}`, { headers, dispatcher });
}

async function metric(name) {
  const text = await (await get(`${server.url}/metrics`)).text();
  return text
    .split('\n')
    .find((line) => line.startsWith(name))
    ?.split(' ')
    .at(-1);
}

async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** From now until any instance's preview is served. */
async function watchFirstPreview() {
  const begun = performance.now();
  let found;
  await until(async () => {
    [found] = await (await get('/instances?limit=1')).json();
    return found;
  });
  const [study, series, instance] = ['0020000D', '0020000E', '00080018'].map((tag) => found[tag].Value[0]);
  const answer = await get(`/studies/${study}/series/${series}/instances/${instance}/thumbnail`);
  if (answer.status !== 200) faults.push(`The first thumbnail answered ${answer.status}.`);
  return Math.round(performance.now() - begun);
}

function run(...args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, ...args], {
      env: { ...process.env, DATA_DIR: server.folder, LOG_LEVEL: 'silent' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    child.stdout.on('data', (bytes) => (text += bytes));
    child.once('close', (code) => resolve({ code, lines: text.trim().split('\n') }));
  });
}

/** Every stored object's bytes, by transfer-syntax=* and from /images, against the files that were sent. */
async function fetchEverythingBack() {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(folder, name))
      .filter((name) => statSync(name).isFile()),
  );
  const sent = new Set(files.map((file) => sha256(readFileSync(file))));
  let dicom = 0;
  let images = 0;
  const instances = await (await get('/instances?limit=5000&includefield=00080005')).json();
  for (const item of instances) {
    const [study, series, instance] = ['0020000D', '0020000E', '00080018'].map((tag) => item[tag].Value[0]);
    const record = await (await get(`${server.url}/ledger/instances/${instance}`)).json();
    if (record.mediaType !== 'application/dicom') continue;
    const answer = await get(`/studies/${study}/series/${series}/instances/${instance}`, {
      Accept: 'application/dicom; transfer-syntax=*',
    });
    if (sent.has(sha256(Buffer.from(await answer.arrayBuffer())))) dicom++;
    else faults.push(`${instance} came back with ${answer.status} and other bytes.`);
  }
  for (const patient of await (await get('/patients?limit=5000')).json()) {
    const id = encodeURIComponent(patient['00100020']?.Value?.[0] ?? '');
    if (id === '') continue;
    const list = await (await get(`/patients/${id}/images`)).json();
    for (const { SOPInstanceUID, name } of list) {
      const answer = await get(`/patients/${id}/images/${encodeURIComponent(name)}?uid=${SOPInstanceUID}`);
      if (sent.has(sha256(Buffer.from(await answer.arrayBuffer())))) images++;
      else faults.push(`${name} came back with ${answer.status} and other bytes.`);
    }
  }
  return { dicom, images };
}

/** QIDO-RS answers and every series' metadata, without the server's own address. */
async function answers() {
  const found = new Map();
  const ask = async (url) => {
    const text = (await (await get(url)).text()).replaceAll(server.url, '');
    found.set(url, text);
    return JSON.parse(text);
  };
  await ask('/patients?limit=5000&includefield=all');
  await ask('/studies?limit=5000&includefield=all');
  await ask('/instances?limit=5000&includefield=all');
  for (const item of await ask('/series?limit=5000&includefield=all')) {
    await ask(`/studies/${item['0020000D'].Value[0]}/series/${item['0020000E'].Value[0]}/metadata`);
  }
  return found;
}
