import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bufferSource } from '../byte-source.js';
import { isEncapsulated } from './encoding.js';
import { frameCount } from './frames.js';
import type { InstanceHeader } from './header.js';
import { scanPart10 } from './part10.js';
import { describePixels } from './pixel-description.js';
import { readPictureInput } from './picture-input.js';
import { renderFrame } from './render.js';
import type { VoiWindow } from './rendering.js';

const folder = path.resolve('../shared/data/dicom');

/** Files that this archive does not take: without File Meta Information, or without the UIDs of study and series. */
const notStored = new Set([
  'pydicom/ExplVR_BigEndNoMeta.dcm',
  'pydicom/ExplVR_LitEndNoMeta.dcm',
  'pydicom/JPEGLSNearLossless_08.dcm',
  'pydicom/JPEGLSNearLossless_16.dcm',
  'pydicom/no_meta.dcm',
  'pydicom/rtstruct.dcm',
]);

/** Compared without a window of their own, or not at all, because dcmj2pnm is no measure there. */
const deviations: Record<string, { reason: string; comparesWindows: boolean }> = {
  'pydicom/SC_rgb_jpeg.dcm': { reason: 'dcmtk cannot read the file', comparesWindows: false },
  ...Object.fromEntries(
    ['rtdose_expb.dcm', 'rtdose_expb_1frame.dcm'].map((file) => [
      `pydicom/${file}`,
      {
        reason: 'dcmtk turns the bytes of 32-bit words in big endian by two, pydicom by four: then it is rtdose.dcm',
        comparesWindows: false,
      },
    ]),
  ),
  ...Object.fromEntries(
    ['J2KI', 'J2KR', 'JLSL', 'JLSN', 'JPLL', 'RLE', 'UNC'].map((codec) => [
      `wg04/CT1_${codec}.dcm`,
      {
        reason: 'dcmtk counts Pixel Padding Value for lowest and highest; it is no value (PS3.3 §C.7.5.1.1.2)',
        comparesWindows: true,
      },
    ]),
  ),
};

/** Five million pixels each: those whose codecs the test of the codecs compares are left to it. */
const isOfLargeCodec = (file: string): boolean => /^wg04\/(RG2|SC1)_(?!UNC)/.test(file);

const files = ['mr-structural', 'pydicom', 'wg04']
  .flatMap((name) => {
    if (!existsSync(path.join(folder, name))) return [];
    const found = readdirSync(path.join(folder, name)).sort();
    return (name === 'mr-structural' ? found.slice(90, 92) : found).map((file) => `${name}/${file}`);
  })
  .filter((file) => file.endsWith('.dcm') && !notStored.has(file) && !isOfLargeCodec(file));

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'render-oracle-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

interface Reference {
  width: number;
  height: number;
  channels: number;
  pixels: Uint8Array;
}

function run(command: string, args: string[]): void {
  const { status, error, stderr } = spawnSync(command, args);
  if (error) throw new Error(`${command} cannot be started (${error.message}); install dcmtk and gdcm.`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${String(stderr)}`);
}

/** What dcmj2pnm makes of a frame, as PNM. */
function dcmj2pnm(file: string, frame: number, args: readonly string[]): Reference {
  const out = path.join(scratch, 'picture.pnm');
  run('dcmj2pnm', ['-q', '+op', '+F', String(frame), ...args, file, out]);
  const bytes = readFileSync(out);
  const [head = '', kind, width, height] =
    /^(P[56])\s(?:#.*\s)?(\d+)\s(\d+)\s255\s/.exec(bytes.toString('latin1', 0, 200)) ?? [];
  return {
    width: Number(width),
    height: Number(height),
    channels: kind === 'P5' ? 1 : 3,
    pixels: bytes.subarray(head.length),
  };
}

async function ours(
  { header, bytes }: { header: InstanceHeader; bytes: Buffer },
  frame: number,
  window?: VoiWindow,
): Promise<Reference | undefined> {
  const task = await readPictureInput(header, bufferSource(bytes), { frame, output: 'preview' });
  const description = describePixels(header, { frame, bulk: task?.bulk ?? {} });
  if (!task || !description) return undefined;
  const stored = { ...task.frame, bytes: Buffer.from(task.frame.bytes) };
  return renderFrame(stored, description, { overlays: task.overlays, ...(window && { window }) });
}

/** The largest difference of two pictures in grey levels. */
function difference(a: Reference | undefined, b: Reference): number {
  if (!a || a.width !== b.width || a.height !== b.height || a.channels !== b.channels) return Infinity;
  let most = 0;
  for (let at = 0; at < a.pixels.length; at++)
    most = Math.max(most, Math.abs((a.pixels[at] ?? 0) - (b.pixels[at] ?? Infinity)));
  return most;
}

/** The file in a syntax that dcmj2pnm can read: JPEG 2000 and JPEG-LS it cannot. */
function readable(file: string, header: InstanceHeader): string {
  if (!/^1\.2\.840\.10008\.1\.2\.4\.[89][01]$/.test(header.transferSyntaxUID)) return file;
  const raw = path.join(scratch, 'raw.dcm');
  if (/\.8[01]$/.test(header.transferSyntaxUID)) run('dcmdjpls', [file, raw]);
  else run('gdcmconv', ['--raw', file, raw]);
  return raw;
}

interface Comparison {
  args: string[];
  window?: VoiWindow;
}

/** With the window of the object, else lowest to highest; and with windows of ours. */
function comparisonsOf(header: InstanceHeader, own: boolean): Comparison[] {
  const description = describePixels(header, { frame: 1, bulk: {} });
  if (!description?.PhotometricInterpretation.startsWith('MONOCHROME')) return [{ args: [] }];
  const byDefault = { args: description.WindowCenter === undefined ? ['+Wm'] : ['+Wi', '1'] };
  const depth = 2 ** Math.min(Math.max(description.BitsStored, 2), 12);
  const [center, width] = [depth / 4 + 0.5, depth / 3];
  const args = ['+Ww', String(center), String(width)];
  const asked: Comparison[] = [
    { args, window: { center, width, function: 'LINEAR' } },
    { args: [...args, '+Wfs'], window: { center, width, function: 'SIGMOID' } },
  ];
  // How a window is applied depends neither on the codec nor on the size.
  const isLarge = description.Rows * description.Columns > 2 ** 20;
  if (isLarge || isEncapsulated(header.transferSyntaxUID)) return [own ? byDefault : (asked[0] as Comparison)];
  return own ? [byDefault, ...asked] : asked;
}

describe('renderFrame against dcmj2pnm', () => {
  it('has the files and the program', () => {
    if (process.env.CI !== undefined || existsSync(folder)) expect(files.length).toBeGreaterThan(70);
    run('dcmj2pnm', ['--version']);
  });

  it.each(files)('shows %s within one grey level', async (name) => {
    const file = path.join(folder, name);
    const bytes = readFileSync(file);
    const result = await scanPart10(bufferSource(bytes));
    if (result.kind === 'refused') throw new Error(result.message);
    const { header } = result;
    const count = frameCount(header.frames);
    if (count === 0) return;
    const deviation = deviations[name];
    if (deviation && !deviation.comparesWindows) return;
    const source = readable(file, header);
    const comparisons = comparisonsOf(header, deviation === undefined);
    const found: Record<string, number> = {};
    for (const frame of new Set([1, Math.ceil(count / 2), count])) {
      for (const { args, window } of comparisons) {
        const key = `frame ${frame} ${args.join(' ')}`;
        found[key] = difference(await ours({ header, bytes }, frame, window), dcmj2pnm(source, frame, args));
      }
    }
    expect(Object.entries(found).filter(([, most]) => most > 1)).toEqual([]);
  });
});
