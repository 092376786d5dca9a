import { setTimeout as delay } from 'node:timers/promises';
import { stow } from './client.mjs';

const mostAttempts = 6;
const pauseMs = 700;

/**
 * Sends images as a patient client does: what was not called stored is sent again, with the same bytes, a few times.
 * `onStored` hears of each image that an answer called stored, `onRefused` of each reason why one was not.
 */
export async function store(url, images, { onStored, onRefused, attempts = mostAttempts }) {
  let left = images;
  for (let attempt = 1; left.length > 0 && attempt <= attempts; attempt++) {
    if (attempt > 1) await delay(pauseMs);
    const { stored, reasons } = await stow(url, left).catch((error) => ({
      stored: [],
      reasons: [error.cause?.code ?? error.name],
    }));
    for (const reason of reasons) onRefused(reason);
    for (const image of left.filter(({ SOPInstanceUID }) => stored.includes(SOPInstanceUID))) onStored(image);
    left = left.filter(({ SOPInstanceUID }) => !stored.includes(SOPInstanceUID));
  }
  return left;
}
