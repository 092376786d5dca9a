import { setTimeout as delay } from 'node:timers/promises';
import { instancesOf, retrieve } from './client.mjs';

const pauseMs = 100;
/** How often an instance that was whole is looked at again. */
const againMs = 1_500;

/**
 * Looks at one site from now until `end`, and says each time that an instance is half visible: QIDO calls it ONLINE and, asked for
 * it right then, the site gives other bytes or a refusal. Not counted: 503 and an answer that breaks off, since no node can be asked
 * or the server ends (what does not come back shows once all is healed), and a refusal after which QIDO does not call it ONLINE
 * any more, since the chain was reorganised between the two.
 */
export function watch(url, { StudyInstanceUID, images, onHalfVisible }) {
  const byUid = new Map(images.map((image) => [image.SOPInstanceUID, image]));
  const wholeAt = new Map();
  let isOver = false;
  const online = async () => {
    const found = await instancesOf(url, StudyInstanceUID);
    return found.filter(({ isOnline }) => isOnline).map(({ SOPInstanceUID }) => SOPInstanceUID);
  };
  const look = async (SOPInstanceUID) => {
    const image = byUid.get(SOPInstanceUID);
    const got = await retrieve(url, image).catch(() => ({ status: 503 }));
    if (got.status === 200) {
      if (got.sha256 !== image.sha256) onHalfVisible(image, 'other bytes');
      else wholeAt.set(SOPInstanceUID, Date.now());
    } else if (got.status !== 503 && (await online()).includes(SOPInstanceUID))
      onHalfVisible(image, `HTTP ${got.status}`);
  };
  const looking = (async () => {
    while (!isOver) {
      const found = await online().catch(() => []);
      const due = found.filter((SOPInstanceUID) => Date.now() - (wholeAt.get(SOPInstanceUID) ?? 0) > againMs);
      for (const SOPInstanceUID of due) await look(SOPInstanceUID).catch(() => undefined);
      await delay(pauseMs);
    }
  })();
  return {
    end: async () => {
      isOver = true;
      await looking;
    },
  };
}
