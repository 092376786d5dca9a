import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { annotationLines } from './annotation.js';
import { object, part10, text, type HandMade } from '../testing/hand-made.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { scanPart10 } from '../part10/part10.js';

async function headerOf(...more: HandMade[]): Promise<InstanceHeader> {
  const result = await scanPart10(bufferSource(part10(object(...more))));
  if (result.kind === 'refused') throw new Error(result.message);
  return result.header;
}

describe('annotationLines', () => {
  it('has a line for each attribute that is there, by what was asked for', async () => {
    const header = await headerOf(
      text(0x00080005, 'CS', 'ISO_IR 192'),
      text(0x00080020, 'DA', '20240131'),
      text(0x00080060, 'CS', 'CT'),
      text(0x00100010, 'PN', 'Müster^Erika=王^小'),
      text(0x00100020, 'LO', '4711'),
      text(0x00100030, 'DA', ''),
      text(0x00180060, 'DS', '120.0'),
    );
    expect(annotationLines(header, [])).toEqual([]);
    expect(annotationLines(header, ['patient'])).toEqual(['Müster Erika = 王 小', 'ID 4711']);
    expect(annotationLines(header, ['technique'])).toEqual(['CT', '2024-01-31', '120 kV']);
    expect(annotationLines(header, ['patient', 'technique'])).toHaveLength(5);
  });
});
