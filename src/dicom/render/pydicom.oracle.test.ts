import { expect, it } from '@jest/globals';
import { oracleLines } from '../testing/oracle.js';
import { difference, ours } from '../testing/picture-oracle.js';

interface Expected {
  name: string;
  file: string;
  frame: number;
  pixels: string;
  height: number;
  width: number;
  channels: 1 | 3;
}

it('renderFrame shows floats, palettes, functional groups, YBR and bits as the functions of pydicom do', async () => {
  const pictures = oracleLines<Expected>('src/dicom/testing/pydicom-pictures.py');
  const wrong: string[] = [];
  for (const { name, file, frame, pixels, ...form } of pictures) {
    const mine = await ours(Buffer.from(file, 'base64'), { frame });
    const found = difference(mine, { ...form, pixels: Buffer.from(pixels, 'base64') });
    if (found > 1) wrong.push(`${name}, frame ${frame}: ${found}`);
  }
  expect(wrong).toEqual([]);
  expect(pictures).toHaveLength(360);
});
