import { expect, it } from '@jest/globals';
import { countsBySyntax, deviations, madeStreams } from './made-streams-bed.js';

const syntax = (end: string) => `1.2.840.10008.1.2.${end}`;

const scripts: [what: string, script: string, counts: Record<string, number>][] = [
  ['RLE of every depth and odd length, by dcmtk and pydicom,', 'rle.py', { [syntax('5')]: 235 }],
  [
    'JPEG of every process, selection value, precision and subsampling, by dcmtk and libjpeg-turbo,',
    'jpeg.py',
    { [syntax('4.50')]: 49, [syntax('4.51')]: 8, [syntax('4.57')]: 189, [syntax('4.70')]: 147 },
  ],
  [
    'JPEG-LS of every precision, interleave mode, allowed error and size, by CharLS and dcmtk,',
    'jpegls.py',
    { [syntax('4.80')]: 332, [syntax('4.81')]: 289 },
  ],
];

it.each(scripts)('%s is decoded as others do', async (_what, script, counts) => {
  const streams = madeStreams(script);
  expect(await deviations(streams)).toEqual([]);
  expect(countsBySyntax(streams)).toEqual(counts);
});
