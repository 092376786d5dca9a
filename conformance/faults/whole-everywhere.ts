import { setTimeout as delay } from 'node:timers/promises';
import { instancesOf, retrieve, thumbnail } from './client.mjs';

const boundMs = 90_000;
const pauseMs = 150;

/** Asks `check` again and again for what is missing still; resolves with nothing, or with what is missing after `timeoutMs`. */
export async function missingAfter(check, timeoutMs = boundMs) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const missing = await check().catch((error) => [{ what: String(error.message ?? error) }]);
    if (missing.length === 0 || Date.now() > end) return missing;
    await delay(pauseMs);
  }
}

/**
 * Waits until every image that was acknowledged is whole at every site: ONLINE, its bytes equal, a thumbnail that is the same
 * at all; and everything else of the study that is called ONLINE gives its bytes too. What is not so in time is `lost` or
 * `halfVisible`: lists of what is wrong where.
 */
export async function wholeEverywhere(sites, { StudyInstanceUID, images, acknowledged }) {
  const done = new Set();
  /** Other bytes once are other bytes, whatever comes later. */
  const different = new Map();
  const thumbnails = new Map();
  const wrongAt = async ({ name, server }) => {
    const online = (await instancesOf(server.url, StudyInstanceUID))
      .filter(({ isOnline }) => isOnline)
      .map(({ SOPInstanceUID }) => SOPInstanceUID);
    const wrong = [];
    for (const image of images) {
      const { SOPInstanceUID } = image;
      const isOwed = acknowledged.has(SOPInstanceUID);
      const found = { site: name, SOPInstanceUID, isOwed };
      if (!online.includes(SOPInstanceUID)) {
        if (isOwed) wrong.push({ ...found, what: 'not ONLINE' });
        continue;
      }
      if (done.has(`${name} ${SOPInstanceUID}`)) continue;
      const got = await retrieve(server.url, image).catch((error) => ({ status: String(error.message) }));
      if (got.status !== 200) wrong.push({ ...found, what: `retrieval: ${got.status}` });
      else if (got.sha256 !== image.sha256)
        different.set(`${name} ${SOPInstanceUID}`, { ...found, what: 'other bytes' });
      else {
        const preview = await thumbnail(server.url, image).catch(() => undefined);
        const known = thumbnails.get(SOPInstanceUID) ?? preview;
        if (preview === undefined) wrong.push({ ...found, what: 'no thumbnail' });
        else if (known !== preview) wrong.push({ ...found, what: 'another thumbnail than elsewhere' });
        else {
          thumbnails.set(SOPInstanceUID, preview);
          done.add(`${name} ${SOPInstanceUID}`);
        }
      }
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
