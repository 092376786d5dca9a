import { setTimeout as delay } from 'node:timers/promises';
import { stow } from './client.mjs';

/** Longer than any fault and the start after it: whoever stored it last is told in the end. */
const patienceMs = 40_000;
const pauseMs = 700;

/**
 * Sends images as a patient client does: what was not called stored is sent again, with the same bytes, for a while. Returns what
 * it gave up. `onStored` hears of each image that an answer called stored, `onRefused` of each reason why one was not.
 */
export async function store(url, images, { onStored, onRefused }) {
  const end = Date.now() + patienceMs;
  let left = images;
  for (;;) {
    const { stored, reasons } = await stow(url, left).catch((error) => ({
      stored: [],
      reasons: [error.cause?.code ?? error.name],
    }));
    for (const reason of reasons) onRefused(reason);
    for (const image of left.filter(({ SOPInstanceUID }) => stored.includes(SOPInstanceUID))) onStored(image);
    left = left.filter(({ SOPInstanceUID }) => !stored.includes(SOPInstanceUID));
    if (left.length === 0 || Date.now() > end) return left;
    await delay(pauseMs);
  }
}
