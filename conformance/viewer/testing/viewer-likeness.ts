import type { Page } from 'playwright-core';
import sharp, { type Sharp } from 'sharp';

export interface Likeness {
  /** Of all red, green and blue values of both pictures: 1 when they are equal but for brightness and contrast. */
  correlation: number;
  /** Between the mean values, of 255. */
  meanDifference: number;
}

/** What the same image is at least: brightness and contrast of two windows differ less. */
const alike = { correlation: 0.98, meanDifference: 8 };
const waitMs = 20_000;
const pollMs = 100;

/** Resolves when the first viewport shows `picture`; rejects with how alike they are, and the faults until then, if it never does. */
export async function untilAlike(
  page: Page,
  { faults, ...compare }: { picture: Buffer; aspect?: number; faults: readonly string[] },
): Promise<void> {
  const end = Date.now() + waitMs;
  await page.locator('[data-cy="viewport-pane"] canvas').first().waitFor();
  for (;;) {
    const { correlation, meanDifference } = await likeness(page, compare);
    if (correlation >= alike.correlation && meanDifference <= alike.meanDifference) return;
    if (faults.length > 0 || Date.now() > end)
      throw new Error(
        `The viewer shows something else (correlation ${correlation}, mean difference ${meanDifference}): ${faults.join('; ')}`,
      );
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** Both are brought to this many pixels a side: how the viewer interpolates does not matter then. */
const side = 32;

/**
 * Compares the first viewport with `picture`, which the viewer shows as large as fits and in its middle. `aspect` is width
 * by height of the image as it has to look, from its pixel spacing.
 */
async function likeness(
  page: Page,
  { picture, aspect }: { picture: Buffer; aspect?: number },
): Promise<Likeness> {
  const canvas = page.locator('[data-cy="viewport-pane"] canvas').first();
  const url = await canvas.evaluate((shown: Canvas) => {
    const copy = shown.ownerDocument.createElement('canvas');
    [copy.width, copy.height] = [shown.width, shown.height];
    copy.getContext('2d').drawImage(shown, 0, 0);
    return copy.toDataURL('image/png');
  });
  const shown = Buffer.from(url.split(',')[1] ?? '', 'base64');
  const [size, of] = [await sharp(shown).metadata(), await sharp(picture).metadata()];
  const ratio = aspect ?? of.width / of.height;
  const width = Math.round(Math.min(size.width, size.height * ratio));
  const height = Math.round(Math.min(size.height, size.width / ratio));
  const area = { left: (size.width - width) >> 1, top: (size.height - height) >> 1, width, height };
  return compared(await values(sharp(shown).extract(area)), await values(sharp(picture)));
}

function values(picture: Sharp): Promise<Buffer> {
  return picture
    .toColourspace('srgb')
    .removeAlpha()
    .resize(side, side, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
}

function compared(one: Buffer, other: Buffer): Likeness {
  const mean = (numbers: Iterable<number>): number => {
    const all = [...numbers];
    return all.reduce((sum, value) => sum + value, 0) / all.length;
  };
  const [meanOne, meanOther] = [mean(one), mean(other)];
  const product = (a: Buffer, aMean: number, b: Buffer, bMean: number): number =>
    a.reduce((sum, value, at) => sum + (value - aMean) * ((b[at] ?? 0) - bMean), 0);
  const both = Math.sqrt(product(one, meanOne, one, meanOne) * product(other, meanOther, other, meanOther));
  return {
    correlation: both === 0 ? 0 : product(one, meanOne, other, meanOther) / both,
    meanDifference: Math.abs(meanOne - meanOther),
  };
}

/** What of the browser's own types is used here: the project is compiled without them. */
interface Canvas {
  width: number;
  height: number;
  ownerDocument: { createElement(name: 'canvas'): Canvas };
  getContext(kind: '2d'): { drawImage(canvas: Canvas, x: number, y: number): void };
  toDataURL(type: string): string;
}
