import { randomFillSync } from 'node:crypto';
import { fetch } from 'undici';
import { openAgent } from '../open-agent.js';
import { until } from '../../src/base/testing/until.js';
import { type InstanceUids, part10Head } from '../part10-head.js';
import type { ServedSite } from '../served-sites.js';

const IMAGE_SIDE = 512;
const WAIT = { timeoutMs: 600_000, pauseMs: 20 };
const dispatcher = openAgent({ connections: 64 });

/** Seconds from the begin of a STOW to its answer, and to the thumbnail at another site; undefined when there is none. */
export async function storeAndView(
  { from, at }: { from: ServedSite; at: ServedSite | undefined },
  suffix: string,
): Promise<{ stored: number; viewed: number | undefined }> {
  const { study, series, instance } = uidsOf(suffix);
  const body = image(suffix);
  const begun = performance.now();
  const elapsed = (): number => (performance.now() - begun) / 1000;
  const url = at && `${at.server.url}/dicom-web/studies/${study}/series/${series}/instances/${instance}/thumbnail`;
  const [stored, viewed] = await Promise.all([
    store(from, body).then(elapsed),
    url === undefined ? undefined : until(url, () => isThere(url), WAIT).then(elapsed),
  ]);
  return { stored, viewed };
}

async function isThere(url: string): Promise<boolean> {
  const answer = await fetch(url, { dispatcher });
  await answer.arrayBuffer();
  return answer.status === 200;
}

/** STOW-RS of one object. Throws unless it is stored. */
export async function store(site: ServedSite, body: Buffer): Promise<void> {
  const answer = await fetch(`${site.server.url}/dicom-web/studies`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/dicom' },
    body,
    dispatcher,
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`STOW answered ${answer.status}: ${text}`);
}

const uidsOf = (suffix: string): InstanceUids => ({
  study: `2.25.${process.pid}.${suffix}`,
  series: `2.25.${process.pid}.${suffix}.1`,
  instance: `2.25.${process.pid}.${suffix}.1.1`,
});

/** An object of noise, which no codec makes smaller; another one for each suffix. */
export function image(suffix: string): Buffer {
  const pixels = randomFillSync(Buffer.alloc(IMAGE_SIDE * IMAGE_SIDE * 2));
  return Buffer.concat([part10Head({ ...uidsOf(suffix), rows: IMAGE_SIDE, columns: IMAGE_SIDE }), pixels]);
}
