// What a server costs at its size: starting, storing, searching.
import { randomFillSync } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { part10Head } from '../part10.mjs';
import { median, startServer } from '../server.mjs';
import { placeOf } from './header.mjs';

const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 8 });
const starts = 3;
const stores = 20;
const searches = 40;
const startTimeoutMs = 120_000;

/** Starts the server three times, stores and searches with the last, and ends it. `instances` are in the catalogue, numbered from 0. */
export async function measureServer(folder, { instances }) {
  const { server, start } = await measureStart(folder);
  try {
    const store = await measureStores(server);
    const search = {};
    if (instances > 0)
      for (const [name, pathOf] of Object.entries(kinds)) search[name] = await measureSearch(server, pathOf, instances);
    return { start, store, search, rssMB: server.rss() };
  } finally {
    await server.end();
  }
}

async function measureStart(folder) {
  const seconds = [];
  let server;
  for (let run = 0; run < starts; run++) {
    await server?.end();
    const begun = performance.now();
    server = await startServer({ folder, environment: { LOG_LEVEL: 'info' } });
    while (!(await isReady(server))) {
      if (performance.now() - begun > startTimeoutMs) throw new Error(`${server.url} is not ready after 2 minutes.`);
      await delay(5);
    }
    seconds.push((performance.now() - begun) / 1000);
  }
  return { server, start: { seconds: median(seconds), all: seconds, rssMB: server.rss().nowMB } };
}

async function isReady(server) {
  const { statusCode, body } = await request(`${server.url}/readyz`, { dispatcher });
  await body.dump();
  return statusCode === 200;
}

let objects = 0;

/** A new object of noise, of a study of its own. */
export function newObject({ rows, columns }) {
  const study = `2.25.${process.pid}${Date.now()}${++objects}`;
  const head = part10Head({ study, series: `${study}.1`, instance: `${study}.1.1`, rows, columns });
  return Buffer.concat([head, randomFillSync(Buffer.alloc(rows * columns * 2))]);
}

export async function stow(url, bytes) {
  const headers = { 'content-type': 'application/dicom', accept: 'application/dicom+json' };
  const answer = await request(`${url}/dicom-web/studies`, { method: 'POST', headers, body: bytes, dispatcher });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`STOW answered ${answer.statusCode}: ${text}`);
}

async function measureStores(server) {
  const milliseconds = [];
  await stow(server.url, newObject({ rows: 512, columns: 512 }));
  for (let run = 0; run < stores; run++) {
    const bytes = newObject({ rows: 512, columns: 512 });
    const begun = performance.now();
    await stow(server.url, bytes);
    milliseconds.push(performance.now() - begun);
  }
  return spread(milliseconds);
}

/** Name → path of the search of that number; other values each time. */
const kinds = {
  "one patient's studies": (place) => `/studies?PatientID=${place.PatientID}`,
  "a series' instances": (place) => `/studies/${place.StudyInstanceUID}/series/${place.SeriesInstanceUID}/instances`,
  'one instance by UID': (place) => `/instances?SOPInstanceUID=${place.SOPInstanceUID}`,
  "a day's studies": (place) => `/studies?StudyDate=${place.StudyDate}&limit=25`,
  "a year's studies, first 25": (place) =>
    `/studies?StudyDate=${place.StudyDate.slice(0, 4)}0101-${place.StudyDate.slice(0, 4)}1231&limit=25`,
  'all studies, first 25': () => '/studies?limit=25',
  'a name of a few (Abe0*)': (place) => `/studies?PatientName=${place.PatientName.replace('^Ann', '*')}&limit=25`,
  'a name of a twentieth (Abe*)': (place) =>
    `/studies?PatientName=${place.PatientName.replace(/\d*\^Ann/, '*')}&limit=25`,
  'a name fuzzily (abe0)': (place) =>
    `/studies?PatientName=${place.PatientName.replace('^Ann', '').toLowerCase()}&fuzzymatching=true&limit=25`,
};

async function measureSearch(server, pathOf, instances) {
  const milliseconds = [];
  let total = 0;
  for (let run = 0; run <= searches; run++) {
    const place = placeOf((run * 7919) % instances);
    const begun = performance.now();
    const answer = await request(`${server.url}/dicom-web${pathOf(place)}`, {
      headers: { accept: 'application/dicom+json' },
      dispatcher,
    });
    const found = await answer.body.json();
    if (answer.statusCode !== 200 || found.length === 0)
      throw new Error(`QIDO ${pathOf(place)} answered ${answer.statusCode} with nothing.`);
    // The first prepares statements and opens a connection.
    if (run > 0) milliseconds.push(performance.now() - begun);
    total = Number(answer.headers['x-total-count']);
  }
  return { ...spread(milliseconds), total };
}

export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  return { median: at(0.5), p95: at(0.95) };
}

export const catalogBytes = (folder) => statSync(path.join(folder, 'catalog.sqlite')).size;
