import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';

/** Nothing is wider than the screen, and everything that can be used has a name and is large enough for a finger. */
export async function expectFits(page: Page): Promise<void> {
  // Before its style sheet a page is as wide as its text.
  await page.waitForLoadState('load');
  const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  expect(wide).toBe(0);
  const used = await page
    .locator('button:visible, a.button:visible, input:visible:not([type=checkbox])')
    .evaluateAll((all: Box[]) =>
      all.map((one) => ({ height: one.getBoundingClientRect().height, text: one.textContent, name: one.name })),
    );
  expect(used.filter(({ height }) => height < 32)).toEqual([]);
  expect(used.filter(({ text, name }) => !text.trim() && !name)).toEqual([]);
}

/** Of text on the page's ground (WCAG 2.2), and whether the ground is the lighter of the two. */
export async function contrastOf(page: Page): Promise<{ ratio: number; isLight: boolean }> {
  const colours = await page.evaluate<[string, string]>(
    '(({ backgroundColor, color }) => [backgroundColor, color])(getComputedStyle(document.body))',
  );
  const [ground, text] = colours.map(luminanceOf) as [number, number];
  return { ratio: (Math.max(ground, text) + 0.05) / (Math.min(ground, text) + 0.05), isLight: ground > text };
}

/** WCAG 2.2, relative luminance. */
function luminanceOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map((value) => {
    const part = Number(value) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** What of the browser's own types is used here: the project is compiled without them. */
interface Box {
  getBoundingClientRect(): { height: number };
  textContent: string;
  name?: string;
}
