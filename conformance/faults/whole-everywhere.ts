import type { NetworkSite } from '../../src/network/network.js';
import { urlOf } from '../testing/network-under-test.js';
import { onlineInstancesOf, retrieve, thumbnail } from './client.js';
import { missingAfter } from './missing-after.js';
import type { FaultImage } from './random-image.js';
import type { Wrong } from './wrong.js';

/** A study and what was sent of it; `acknowledged` has SHA-256 by SOP Instance UID. */
interface SentStudy {
  StudyInstanceUID: string;
  images: readonly FaultImage[];
  acknowledged: ReadonlyMap<string, string>;
}

/**
 * Waits until every image that was acknowledged is whole at every site: ONLINE, its bytes equal, a thumbnail that is the same
 * at all; and everything else of the study that is called ONLINE gives its bytes too. What is not so in time is `lost` or
 * `halfVisible`: lists of what is wrong where.
 */
export async function wholeEverywhere(
  sites: readonly NetworkSite[],
  { StudyInstanceUID, images, acknowledged }: SentStudy,
): Promise<{ lost: Wrong[]; halfVisible: Wrong[] }> {
  const done = new Set<string>();
  /** Other bytes once are other bytes, whatever comes later. */
  const different = new Map<string, Wrong>();
  const thumbnails = new Map<string, string>();

  /** What is wrong with an image that is called ONLINE; undefined when it is whole. */
  const faultOf = async (site: NetworkSite, image: FaultImage): Promise<string | undefined> => {
    const { SOPInstanceUID } = image;
    const got = await retrieve(urlOf(site), image).catch((error: Error) => ({ status: error.message, sha256: '' }));
    if (got.status !== 200) return `retrieval: ${got.status}`;
    if (got.sha256 !== image.sha256) return 'other bytes';
    const preview = await thumbnail(urlOf(site), image).catch(() => undefined);
    if (preview === undefined) return 'no thumbnail';
    if (preview !== (thumbnails.get(SOPInstanceUID) ?? preview)) return 'another thumbnail than elsewhere';
    thumbnails.set(SOPInstanceUID, preview);
    return undefined;
  };

  const wrongAt = async (site: NetworkSite): Promise<Wrong[]> => {
    const online = await onlineInstancesOf(urlOf(site), StudyInstanceUID);
    const wrong: Wrong[] = [];
    for (const image of images) {
      const { SOPInstanceUID } = image;
      const key = `${site.name} ${SOPInstanceUID}`;
      const isOwed = acknowledged.has(SOPInstanceUID);
      const found = { site: site.name, SOPInstanceUID, isOwed };
      if (!online.includes(SOPInstanceUID)) {
        if (isOwed) wrong.push({ ...found, what: 'not ONLINE' });
        continue;
      }
      if (done.has(key)) continue;
      const what = await faultOf(site, image);
      if (what === undefined) done.add(key);
      else if (what === 'other bytes') different.set(key, { ...found, what });
      else wrong.push({ ...found, what });
    }
    return wrong;
  };

  const missing = await missingAfter(async () => (await Promise.all(sites.map(wrongAt))).flat());
  missing.push(...different.values());
  return {
    lost: missing.filter(({ isOwed }) => isOwed !== false),
    halfVisible: missing.filter(({ isOwed }) => isOwed === false),
  };
}
