import { isEncapsulated } from '../../standard/transfer-syntaxes.js';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { frameCount } from '../data-set/frames.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { scanPart10 } from '../part10/part10.js';
import { difference, ours, pictureOracle, type PictureOracle } from '../testing/picture-oracle.js';
import { describePixels } from '../codec/pixel-description.js';
import type { VoiWindow } from '../../standard/rendering.js';
import { sampleFiles, sampleFolder, unstorable } from '../testing/sample-files.js';

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

const files = [...sampleFiles('mr-structural').slice(90, 92), ...sampleFiles('pydicom'), ...sampleFiles('wg04')].filter(
  (file) => file.endsWith('.dcm') && !unstorable.includes(file) && !isOfLargeCodec(file),
);

let oracle: PictureOracle;
beforeAll(() => {
  oracle = pictureOracle();
});
afterAll(() => oracle.close());

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
  it('has the files', () => {
    // Beside a checkout they may be absent; a run of the whole project has them.
    if (process.env.CI !== undefined || existsSync(sampleFolder)) expect(files.length).toBeGreaterThan(70);
  });

  it.each(files)('shows %s within one grey level', async (name) => {
    const file = readFileSync(path.join(sampleFolder, name));
    const result = await scanPart10(bufferSource(file));
    if (result.kind === 'refused') throw new Error(result.message);
    const { header } = result;
    const count = frameCount(header.frames);
    const deviation = deviations[name];
    if (count === 0 || (deviation && !deviation.comparesWindows)) return;
    const found: [string, number][] = [];
    for (const frame of new Set([1, Math.ceil(count / 2), count])) {
      for (const { args, window } of comparisonsOf(header, deviation === undefined)) {
        const picture = await ours(file, { frame, ...(window && { window }) });
        found.push([`frame ${frame} ${args.join(' ')}`, difference(picture, oracle.theirs(file, { frame, args }))]);
      }
    }
    expect(found.filter(([, most]) => most > 1)).toEqual([]);
  });
});
