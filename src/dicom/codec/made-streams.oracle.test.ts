import { expect, it } from '@jest/globals';
import { decodeFrame } from './decode-frame.js';
import { countsBySyntax, deviations, madeStreams, type MadeStream } from '../testing/made-streams.js';

const syntax = (end: string) => `1.2.840.10008.1.2.${end}`;

const scripts: [what: string, script: string, counts: Record<string, number>][] = [
  ['RLE of every depth and odd length, by dcmtk and pydicom,', 'rle.py', { [syntax('5')]: 235 }],
  [
    'JPEG of every process, selection value, precision and subsampling, by dcmtk and libjpeg-turbo,',
    'jpeg.py',
    { [syntax('4.50')]: 53, [syntax('4.51')]: 8, [syntax('4.57')]: 189, [syntax('4.70')]: 147 },
  ],
  [
    'JPEG-LS of every precision, interleave mode, allowed error and size, by CharLS and dcmtk,',
    'jpegls.py',
    { [syntax('4.80')]: 348, [syntax('4.81')]: 305 },
  ],
];

it.each(scripts)('%s is decoded as others do', async (_what, script, counts) => {
  const streams = madeStreams(script);
  expect(await deviations(streams)).toEqual([]);
  expect(countsBySyntax(streams)).toEqual(counts);
});

it('JPEG 2000 and HTJ2K of every precision, sign, tiling and order, by OpenJPEG and OpenJPH, are decoded as OpenJPEG does', async () => {
  const isDeepColour = ({ image }: MadeStream) => image.SamplesPerPixel === 3 && image.BitsStored > 8;
  const streams = madeStreams('jpeg2000.py');
  const decodable = streams.filter((made) => !isDeepColour(made));
  expect(await deviations(decodable)).toEqual([]);
  expect(countsBySyntax(decodable)).toEqual({
    [syntax('4.90')]: 151,
    [syntax('4.91')]: 169,
    [syntax('4.201')]: 268,
    [syntax('4.202')]: 260,
    [syntax('4.203')]: 39,
  });

  // Their high bytes would be missing.
  const deep = streams.filter(isDeepColour);
  expect(deep.length).toBeGreaterThan(20);
  for (const { stream, image, transferSyntaxUID } of deep)
    await expect(decodeFrame(stream, { ...image, transferSyntaxUID })).rejects.toMatchObject({
      code: 'not-acceptable',
    });
});
