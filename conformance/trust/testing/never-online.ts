import { setTimeout as delay } from 'node:timers/promises';
import { bytesOf, get, instancePath, storedSingle } from '../../testing/dicomweb-client.js';
import { search } from './seen-study.js';
import type { HonestSite } from './trust-bed.js';

const PAUSE_MS = 50;

/** An instance whose bytes nobody is to be given. */
export interface Suspect {
  study: string;
  SeriesInstanceUID: string;
  SOPInstanceUID: string;
}

/** Looks all the time whether a site says that a suspect is ONLINE or gives its bytes, until it is stopped; then gives what it saw. */
export function watchNeverOnline(sites: readonly HonestSite[], suspect: Suspect): { stop(): Promise<string[]> } {
  const { study, SeriesInstanceUID, SOPInstanceUID } = suspect;
  const seen = new Set<string>();
  let isOver = false;
  const look = async ({ siteId, url }: HonestSite): Promise<void> => {
    for (const root of ['/dicom-web', '/sites/4/dicom-web']) {
      const found = await search(url, `${root}/instances?SOPInstanceUID=${SOPInstanceUID}`).catch(() => []);
      if (found[0]?.['00080056']?.Value?.[0] === 'ONLINE') seen.add(`ONLINE at site ${siteId} below ${root}`);
    }
    const ids = { study, series: SeriesInstanceUID, instance: SOPInstanceUID };
    for (const what of ['', '/rendered', '/frames/1']) {
      const answer = await get(`${url}${instancePath(ids)}${what}`, what === '' ? storedSingle : undefined);
      await bytesOf(answer);
      if (answer.status < 300) seen.add(`HTTP ${answer.status} for ${what || 'the instance'} at site ${siteId}`);
    }
  };
  const watching = (async () => {
    while (!isOver) {
      await Promise.all(sites.map(look));
      await delay(PAUSE_MS);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await watching;
      return [...seen];
    },
  };
}
