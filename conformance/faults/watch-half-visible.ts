import { setTimeout as delay } from 'node:timers/promises';
import { onlineInstancesOf, retrieve, type Retrieved } from './client.js';
import type { FaultImage } from './random-image.js';

const PAUSE_MS = 100;
/** How often an instance that was whole is looked at again. */
const AGAIN_MS = 1_500;
/** Questions and refusals in turn, milliseconds apart, while reorganisations are a block period apart. */
const REFUSALS_THAT_COUNT = 3;

interface WatchOptions {
  StudyInstanceUID: string;
  /** Of that study. */
  images: readonly FaultImage[];
  onHalfVisible: (image: FaultImage, what: string) => void;
}

/**
 * Looks at one site from now until `end`, and says each time that an instance is half visible: QIDO calls it ONLINE and, asked for
 * it right then, the site gives other bytes, or a refusal and the same again each time that QIDO still calls it ONLINE. Not
 * counted: 503 and an answer that breaks off, since no node can be asked or the server ends (what does not come back shows once
 * all is healed), and a single refusal, since a reorganisation may have come between the questions, and the next block after.
 */
export function watchHalfVisible(
  url: string,
  { StudyInstanceUID, images, onHalfVisible }: WatchOptions,
): { end(): Promise<void> } {
  const byUid = new Map(images.map((image) => [image.SOPInstanceUID, image]));
  const wholeAt = new Map<string, number>();
  let isOver = false;
  const online = (): Promise<string[]> => onlineInstancesOf(url, StudyInstanceUID);
  const look = async (SOPInstanceUID: string): Promise<void> => {
    const image = byUid.get(SOPInstanceUID);
    if (image === undefined) return;
    let refusal = '';
    for (let times = 0; times < REFUSALS_THAT_COUNT; times++) {
      const got = await retrieve(url, image).catch((): Retrieved => ({ status: 503 }));
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
      const found = await online().catch((): string[] => []);
      const due = found.filter((SOPInstanceUID) => Date.now() - (wholeAt.get(SOPInstanceUID) ?? 0) > AGAIN_MS);
      for (const SOPInstanceUID of due) await look(SOPInstanceUID).catch(() => undefined);
      await delay(PAUSE_MS);
    }
  })();
  return {
    end: async () => {
      isOver = true;
      await looking;
    },
  };
}
