import { randomFillSync } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { request } from 'undici';
import { openAgent } from '../open-agent.js';
import type { RunningServer } from '../../conformance/testing/server.js';
import { part10Head } from '../part10-head.js';
import { type Resident, residentMB, startBenchServer } from '../start-bench-server.js';
import { median } from '../statistics.js';
import { type Place, placeOf } from './header.js';

/** Milliseconds. */
export interface Times {
  median: number;
  p95: number;
}

/** What a server costs at its size. */
export interface ServerFigures {
  start: { seconds: number; all: number[]; rssMB: number };
  store: Times;
  /** By kind; `total` is how many results the last one had. */
  search: Record<string, Times & { total: number }>;
  rssMB: Resident;
}

const dispatcher = openAgent({ connections: 8 });
const STARTS = 3;
const STORES = 20;
const SEARCHES = 40;

/** Starts the server three times, stores and searches with the last, and ends it. `instances` are in the catalogue, numbered from 0. */
export async function measureServer(folder: string, { instances }: { instances: number }): Promise<ServerFigures> {
  const { server, start } = await measureStart(folder);
  try {
    const store = await measureStores(server);
    const search: ServerFigures['search'] = {};
    if (instances > 0)
      for (const [name, pathOf] of Object.entries(KINDS)) search[name] = await measureSearch(server, pathOf, instances);
    return { start, store, search, rssMB: residentMB(server) };
  } finally {
    await server.stop();
  }
}

async function measureStart(folder: string): Promise<{ server: RunningServer; start: ServerFigures['start'] }> {
  const all: number[] = [];
  for (;;) {
    const begun = performance.now();
    const server = await startBenchServer({ dataFolder: folder });
    all.push((performance.now() - begun) / 1000);
    if (all.length === STARTS) return { server, start: { seconds: median(all), all, rssMB: residentMB(server).nowMB } };
    await server.stop();
  }
}

let objects = 0;

/** A new object of noise, of a study of its own. */
export function newObject({ rows, columns }: { rows: number; columns: number }): Buffer {
  const study = `2.25.${process.pid}${Date.now()}${++objects}`;
  const head = part10Head({ study, series: `${study}.1`, instance: `${study}.1.1`, rows, columns });
  return Buffer.concat([head, randomFillSync(Buffer.alloc(rows * columns * 2))]);
}

/** STOW-RS of one object. Throws unless it is stored. */
export async function stow(url: string, bytes: Buffer): Promise<void> {
  const headers = { 'content-type': 'application/dicom', accept: 'application/dicom+json' };
  const answer = await request(`${url}/dicom-web/studies`, { method: 'POST', headers, body: bytes, dispatcher });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`STOW answered ${answer.statusCode}: ${text}`);
}

async function measureStores(server: RunningServer): Promise<Times> {
  const milliseconds: number[] = [];
  await stow(server.url, newObject({ rows: 512, columns: 512 }));
  for (let run = 0; run < STORES; run++) {
    const bytes = newObject({ rows: 512, columns: 512 });
    const begun = performance.now();
    await stow(server.url, bytes);
    milliseconds.push(performance.now() - begun);
  }
  return timesOf(milliseconds);
}

type PathOf = (place: Place) => string;

/** Name → path of the search of that number; other values each time. */
const KINDS: Record<string, PathOf> = {
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

async function measureSearch(
  server: RunningServer,
  pathOf: PathOf,
  instances: number,
): Promise<Times & { total: number }> {
  const milliseconds: number[] = [];
  let total = 0;
  for (let run = 0; run <= SEARCHES; run++) {
    const place = placeOf((run * 7919) % instances);
    const begun = performance.now();
    const answer = await request(`${server.url}/dicom-web${pathOf(place)}`, {
      headers: { accept: 'application/dicom+json' },
      dispatcher,
    });
    const found = (await answer.body.json()) as unknown[];
    if (answer.statusCode !== 200 || found.length === 0)
      throw new Error(`QIDO ${pathOf(place)} answered ${answer.statusCode} with nothing.`);
    // The first prepares statements and opens a connection.
    if (run > 0) milliseconds.push(performance.now() - begun);
    total = Number(answer.headers['x-total-count']);
  }
  return { ...timesOf(milliseconds), total };
}

function timesOf(milliseconds: readonly number[]): Times {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
  return { median: at(0.5), p95: at(0.95) };
}

export const catalogBytes = (folder: string): number => statSync(path.join(folder, 'catalog.sqlite')).size;
