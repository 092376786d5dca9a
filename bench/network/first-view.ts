import type { DicomJson } from '../../src/standard/dicom-json.js';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { until } from '../../src/base/testing/until.js';
import { instancePathOf } from '../first-value.js';
import type { ServedSite } from '../served-sites.js';
import { median, quantile } from '../statistics.js';

export interface FirstViews {
  unit: string;
  count: number;
  median: number;
  p95: number;
  most: number;
}

export interface FirstViewOptions {
  count: number;
  periodSeconds: number;
  /** Kills the storing server as soon as it has its own announcement from a block, and starts it again for the next image. */
  killed: boolean;
  /** What went wrong, as a sentence. */
  fault: (sentence: string) => void;
}

const WAIT_MS = 600_000;

/** From the begin of a STOW at one site to its thumbnail at another, one image of about 0.5 MB at a time. */
export async function firstView(from: ServedSite, at: ServedSite, options: FirstViewOptions): Promise<FirstViews> {
  const { count, periodSeconds, killed, fault } = options;
  const seconds: number[] = [];
  for (let i = 0; i < count; i++) {
    const patient = `first-view-${killed ? 'killed-' : ''}${i}`;
    const image = await noise();
    // At any moment between two blocks: the answer to the last one came just after a block.
    await delay(Math.random() * periodSeconds * 1000);
    const begunMs = performance.now();
    const answered = store(from.server.url, patient, image);
    const killing = killed
      ? untilSo(`image ${i} announced`, () => find(from.server.url, patient)).then(() => from.server.stop('SIGKILL'))
      : Promise.resolve();
    await untilSo(`image ${i} at ${at.name}`, () => hasThumbnail(at.server.url, patient));
    seconds.push((performance.now() - begunMs) / 1000);
    await killing;
    const status = await answered;
    if (killed) {
      await from.server.start();
      // A server that has just started is slow at its first picture.
      await store(from.server.url, `${patient}-warm`, await noise());
    } else if (status !== 200) fault(`A store answered ${status}.`);
  }
  const periods = seconds.map((one) => Math.round((100 * one) / periodSeconds) / 100);
  return {
    ...{ unit: 'block periods', count, median: median(periods), p95: quantile(periods, 0.95) },
    most: Math.max(...periods),
  };
}

const untilSo = (what: string, isSo: () => Promise<unknown>): Promise<unknown> =>
  until(what, isSo, { timeoutMs: WAIT_MS, pauseMs: 20 });

/** The status; undefined when the server was killed meanwhile. */
async function store(url: string, PatientID: string, image: Buffer): Promise<number | undefined> {
  const query = new URLSearchParams({ PatientID, fileName: 'noise.png' }).toString();
  const headers = { 'Content-Type': 'image/png' };
  const body = new Uint8Array(image);
  return fetch(`${url}/dicom-web/studies?${query}`, { method: 'POST', headers, body }).then(
    ({ status }) => status,
    () => undefined,
  );
}

async function find(url: string, PatientID: string): Promise<DicomJson | undefined> {
  const found = await fetch(`${url}/dicom-web/instances?PatientID=${PatientID}`);
  return found.status === 200 ? ((await found.json()) as DicomJson[])[0] : undefined;
}

async function hasThumbnail(url: string, PatientID: string): Promise<boolean> {
  const item = await find(url, PatientID);
  if (item === undefined) return false;
  const thumbnail = await fetch(`${url}/dicom-web${instancePathOf(item)}/thumbnail`);
  await thumbnail.arrayBuffer();
  return thumbnail.status === 200;
}

/** 410 × 410 of noise in colour: half a megabyte that no codec makes smaller. */
async function noise(): Promise<Buffer> {
  const size = 410;
  return sharp(randomBytes(size * size * 3), { raw: { width: size, height: size, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}
