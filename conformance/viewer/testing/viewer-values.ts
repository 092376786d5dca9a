import type { Page } from 'playwright-core';
import { type DataSet, get, instancePath } from '../../testing/dicomweb-client.js';

/** Where a gray image of up to 16 bits lies, and what its stored numbers mean. */
interface StoredImage {
  frameUrl: string;
  bits: number;
  isSigned: boolean;
  slope: number;
  intercept: number;
}

/**
 * How far the numbers that the viewer measures with are from those of the first frame in Explicit VR Little Endian, at most;
 * undefined for colours and for more than 16 bits.
 */
export async function largestDifference(
  page: Page,
  { url, ...ids }: { url: string; study: string; series: string; instance: string },
): Promise<number | undefined> {
  const path = `${url}${instancePath(ids)}`;
  const [metadata] = (await (await get(`${path}/metadata`)).json()) as [DataSet];
  const value = (tag: string, otherwise: unknown): unknown => metadata[tag]?.Value?.[0] ?? otherwise;
  const bits = Number(value('00280100', 0));
  if (!String(value('00280004', '')).startsWith('MONOCHROME') || (bits !== 8 && bits !== 16)) return undefined;
  await page.waitForFunction(holdsTheImage);
  return page.evaluate(compareInBrowser, {
    frameUrl: `${path}/frames/1`,
    bits,
    isSigned: value('00280103', 0) === 1,
    slope: Number(value('00281053', 1)),
    intercept: Number(value('00281052', 0)),
  });
}

/** How many samples the viewer has of the image that it shows, after it has converted colours. */
export async function shownSampleCount(page: Page): Promise<number> {
  await page.waitForFunction(holdsTheImage);
  return page.evaluate(() => {
    const { cornerstone } = globalThis as unknown as { cornerstone: Cornerstone };
    const imageId = cornerstone.getRenderingEngines()[0]!.getViewports()[0]!.getCurrentImageId();
    return cornerstone.cache.getImage(imageId)!.voxelManager.getScalarData().length;
  });
}

/** Whether the viewer's cache has the image that it shows: it is drawn a moment earlier. Runs in the browser. */
function holdsTheImage(): boolean {
  const { cornerstone } = globalThis as unknown as { cornerstone?: Cornerstone };
  const shown = cornerstone?.getRenderingEngines()[0]?.getViewports()[0]?.getCurrentImageId();
  return shown !== undefined && cornerstone?.cache.getImage(shown) !== undefined;
}

/** Runs in the browser. */
async function compareInBrowser({ frameUrl, bits, isSigned, slope, intercept }: StoredImage): Promise<number> {
  const { cornerstone } = globalThis as unknown as { cornerstone: Cornerstone };
  const imageId = cornerstone.getRenderingEngines()[0]!.getViewports()[0]!.getCurrentImageId();
  const { preScale, voxelManager } = cornerstone.cache.getImage(imageId)!;
  const shown = voxelManager.getScalarData();
  const headers = { Accept: 'application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1' };
  const bytes = await (await fetch(frameUrl, { headers })).arrayBuffer();
  const stored = new (bits === 8 ? Uint8Array : isSigned ? Int16Array : Uint16Array)(bytes);
  let largest = shown.length === stored.length ? 0 : Infinity;
  stored.forEach((number, at) => {
    const expected = preScale?.scaled === true ? number * slope + intercept : number;
    largest = Math.max(largest, Math.abs(expected - (shown[at] ?? NaN)));
  });
  return largest;
}

/** What of the viewer's library is used here. */
interface Cornerstone {
  getRenderingEngines(): { getViewports(): { getCurrentImageId(): string }[] }[];
  cache: {
    getImage(imageId: string):
      { preScale?: { scaled?: boolean }; voxelManager: { getScalarData(): ArrayLike<number> } } | undefined;
  };
}
