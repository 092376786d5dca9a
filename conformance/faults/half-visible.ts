import { setTimeout as delay } from 'node:timers/promises';
import { instancesOf, retrieve } from './client.mjs';

const pauseMs = 100;
/** How often an instance that was whole is looked at again. */
const againMs = 1_500;
/** Questions and refusals in turn, milliseconds apart, while reorganisations are a block period apart. */
const refusalsThatCount = 3;

/**
 * Looks at one site from now until `end`, and says each time that an instance is half visible: QIDO calls it ONLINE and, asked for
 * it right then, the site gives other bytes, or a refusal and the same again each time that QIDO still calls it ONLINE. Not
 * counted: 503 and an answer that breaks off, since no node can be asked or the server ends (what does not come back shows once
 * all is healed), and a single refusal, since a reorganisation may have come between the questions, and the next block after.
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
    let refusal;
    for (let times = 0; times < refusalsThatCount; times++) {
      const got = await retrieve(url, image).catch(() => ({ status: 503 }));
      if (got.status === 503) return;
      if (got.status === 200) {
        if (got.sha256 !== image.sha256) onHalfVisible(image, 'other bytes');
        wholeAt.set(SOPInstanceUID, Date.now());
        return;
      }
      refusal = `HTTP ${got.status}`;
      if (!(await online()).includes(SOPInstanceUID)) return;
    }
    onHalfVisible(image, refusal);
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
