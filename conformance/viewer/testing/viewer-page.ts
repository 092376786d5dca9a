import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

/** The viewer in Debian's chromium, with a profile of its own. */
export interface Viewer {
  page: Page;
  /** What went wrong so far: errors on the console, answers that are none, requests to other hosts. */
  faults: string[];
  close(): Promise<void>;
}

/** Narrower than 1500 the list has no column of patient IDs. */
const viewport = { width: 1600, height: 900 };
/** For anything on the page to happen, on a slow machine. */
const waitMs = 60_000;
const pollMs = 100;

/** A link that logs a browser in as the operator of the server at `url`. */
export async function loginLinkOf(url: string): Promise<string> {
  const response = await fetch(`${url}/access/login-links`, { method: 'POST' });
  return `${url}${((await response.json()) as { path: string }).path}`;
}

/** Starts a browser for the viewer at `url`, logged in as its operator. */
export async function openViewer(url: string): Promise<Viewer> {
  const profile = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    viewport,
    args: ['--no-sandbox'],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(waitMs);
  await page.goto(await loginLinkOf(url));
  return {
    page,
    faults: faultsOf(context, url),
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

function faultsOf(context: BrowserContext, url: string): string[] {
  const faults: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => faults.push(`page: ${error.error().message}`));
  context.on('request', (request) => {
    const outside = /^(https?|wss?):/.test(request.url()) && !request.url().startsWith(`${url}/`);
    if (outside) faults.push(`outside: ${request.url()}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`);
  });
  return faults;
}

/** The rows of the study list. */
export const rows = (page: Page) => page.locator('tr[aria-selected]');

/** The row of the study list that shows `text`. */
export const studyRow = (page: Page, text: string) => rows(page).filter({ hasText: text });

/** The filter above a column: 0 patient name, 1 patient ID, 4 description, 5 accession number. */
export const filterInput = (page: Page, column: number) =>
  page.locator('tr[data-filter-row] td').nth(column).locator('input');

/** Waits for the image in the viewport to be the one at `position`: `(2/30)`. */
export async function viewportText(page: Page, position: string): Promise<void> {
  await page.locator('[data-cy="viewport-overlay-bottom-right"]', { hasText: position }).first().waitFor();
}

/** The bytes of the pictures in the thumbnail panel, once `count` are there and decoded. */
export async function shownThumbnails(page: Page, count: number): Promise<Buffer[]> {
  const pictures = page.locator('[data-cy="study-browser-thumbnail"] img');
  await until(`${count} thumbnails`, async () => {
    const sizes = await pictures.evaluateAll((all: Picture[]) => all.map(({ naturalWidth }) => naturalWidth));
    return sizes.length === count && sizes.every((width) => width > 0) ? sizes : undefined;
  });
  const shown = await pictures.evaluateAll((all: Picture[]) =>
    Promise.all(all.map(async ({ src }) => [...new Uint8Array(await (await fetch(src)).arrayBuffer())])),
  );
  return shown.map((bytes) => Buffer.from(bytes));
}

export interface CanvasPixels {
  /** Share of the pixels that are not black. */
  lit: number;
  /** Number of different colours. */
  colours: number;
}

/** The pixels of the first viewport's canvas, once there are more than `colours` different ones. */
export async function canvasPixels(page: Page, { colours = 20 }: { colours?: number } = {}): Promise<CanvasPixels> {
  const canvas = page.locator('[data-cy="viewport-pane"] canvas').first();
  await canvas.waitFor();
  return until(`an image of more than ${colours} colours`, async () => {
    const pixels = await canvas.evaluate(countPixels);
    return pixels.colours > colours ? pixels : undefined;
  });
}

/** Runs in the browser. */
function countPixels(canvas: Canvas): CanvasPixels {
  const copy = canvas.ownerDocument.createElement('canvas');
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const drawing = copy.getContext('2d');
  drawing.drawImage(canvas, 0, 0);
  const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set<number>();
  let lit = 0;
  for (let at = 0; at < data.length; at += 4) {
    const colour = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    if (colour !== 0) lit++;
    colours.add(colour);
  }
  return { lit: (lit * 4) / data.length, colours: colours.size };
}

/** Resolves with the first value that `look` finds; rejects after a minute, saying what was awaited. */
async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + waitMs;
  while (Date.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error(`Waited ${waitMs} ms in vain for ${what}.`);
}

/** What of the browser's own types is used here: the project is compiled without them. */
interface Picture {
  src: string;
  naturalWidth: number;
}

interface Canvas {
  width: number;
  height: number;
  ownerDocument: { createElement(name: 'canvas'): Canvas };
  getContext(kind: '2d'): {
    drawImage(canvas: Canvas, x: number, y: number): void;
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
  };
}
