import sharp from 'sharp';
import { dataSetOf, elementOf } from '../data-set/data-set.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { textValues } from '../data-set/json-value.js';
import type { Picture } from './picture.js';

/** Pixels of all pictures of an animation together: what a thread can hold at once. */
export const MAX_ANIMATION_PIXELS = 2 ** 24;

const DEFAULT_DELAY_MS = 100;

/** A GIF that is shown again and again. All pictures have the size of the first. */
export async function encodeAnimation(pictures: readonly Picture[], delaysMs: readonly number[]): Promise<Buffer> {
  const [{ width, height, channels }] = pictures as [Picture];
  const pixels = Buffer.concat(pictures.map((picture) => picture.pixels));
  return sharp(pixels, { raw: { width, height: height * pictures.length, channels, pageHeight: height } })
    .gif({ delay: [...delaysMs], loop: 0, dither: 0 })
    .toBuffer();
}

/**
 * For how long each frame is shown: by Recommended Display Frame Rate, Cine Rate, Frame Time Vector or Frame Time
 * (PS3.3 §C.7.6.5), else 100 ms. At least 20 ms, because viewers slow down faster animations.
 */
export function frameDelaysMs(header: InstanceHeader, frames: readonly number[]): number[] {
  const rate = numbers(header, 0x00082144, 'IS')[0] ?? numbers(header, 0x00180040, 'IS')[0];
  const [frameTime] = numbers(header, 0x00181063, 'DS');
  // The n-th value is the time from the frame before to this one.
  const vector = numbers(header, 0x00181065, 'DS');
  return frames.map((frame) => {
    const delay = rate !== undefined && rate > 0 ? 1000 / rate : (vector[frame] ?? frameTime ?? DEFAULT_DELAY_MS);
    return Math.round(Math.min(Math.max(delay > 0 ? delay : DEFAULT_DELAY_MS, 20), 10_000));
  });
}

function numbers(header: InstanceHeader, tag: number, vr: string): number[] {
  const element = elementOf(dataSetOf(header), tag);
  if (!element || element.value.length === 0) return [];
  const values = textValues({ vr, value: element.value, characterSet: '' }).map(Number);
  return values.every(Number.isFinite) ? values : [];
}
