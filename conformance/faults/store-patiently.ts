import { setTimeout as delay } from 'node:timers/promises';
import { stow } from './client.js';
import type { FaultImage } from './random-image.js';

/** Longer than any fault and the start after it: whoever stored it last is told in the end. */
const PATIENCE_MS = 40_000;
const PAUSE_MS = 700;

interface StoreListener {
  onStored: (image: FaultImage) => void;
  onRefused: (reason: string) => void;
}

/**
 * Sends images as a patient client does: what was not called stored is sent again, with the same bytes, for a while. Resolves with
 * what it gave up. `onStored` hears of each image that an answer called stored, `onRefused` of each reason why one was not.
 */
export async function storePatiently(
  url: string,
  images: readonly FaultImage[],
  { onStored, onRefused }: StoreListener,
): Promise<readonly FaultImage[]> {
  const end = Date.now() + PATIENCE_MS;
  let left = images;
  for (;;) {
    const { stored, reasons } = await stow(url, left).catch((error: Error) => ({
      stored: [] as string[],
      reasons: [(error.cause as NodeJS.ErrnoException | undefined)?.code ?? error.name],
    }));
    for (const reason of reasons) onRefused(reason);
    for (const image of left.filter(({ SOPInstanceUID }) => stored.includes(SOPInstanceUID))) onStored(image);
    left = left.filter(({ SOPInstanceUID }) => !stored.includes(SOPInstanceUID));
    if (left.length === 0 || Date.now() > end) return left;
    await delay(PAUSE_MS);
  }
}
