import { describe, expect, it } from '@jest/globals';
import dicomParser from 'dicom-parser';
import { part10Head } from '../../part10-head.js';
import { createTemplate, uidOf } from './template.js';

const [study, series, instance] = ['1', '2', '3'].map((last) => `2.25.1234567890123456789012345678901${last}`) as [
  ...[string, string, string],
];
const [rows, columns] = [64, 64];
const file = Buffer.concat([part10Head({ study, series, instance, rows, columns }), Buffer.alloc(rows * columns * 2)]);

describe('createTemplate', () => {
  const template = createTemplate(file);
  const uids = (bytes: Buffer): (string | undefined)[] => {
    const read = dicomParser.parseDicom(bytes);
    return ['x0020000d', 'x0020000e', 'x00080018', 'x00020003'].map((tag) => read.string(tag));
  };

  it('makes a file of the same length with UIDs of its own, in the File Meta Information too', () => {
    const copy = template.copy(7);
    expect(copy.bytes.length).toBe(file.length);
    expect(uids(copy.bytes)).toEqual([copy.study, copy.series, copy.instance, copy.instance]);
    expect([study, series, instance]).not.toContain(copy.instance);
    expect(copy.instance).toHaveLength(instance.length);
  });

  it('puts a copy into the series of another', () => {
    const first = template.copy(8);
    const second = template.copy(9, first);
    expect(uids(second.bytes).slice(0, 2)).toEqual([first.study, first.series]);
    expect(second.instance).not.toBe(first.instance);
  });

  it('gives each copy pixels of its own, in each 2 KiB of them, and leaves the template as it is', () => {
    const [a, b] = [template.copy(10), template.copy(11, template.copy(10))];
    const pixels = ({ bytes }: { bytes: Buffer }): Buffer => bytes.subarray(-rows * columns * 2);
    expect(pixels(a).equals(pixels(b))).toBe(false);
    expect(template.bytes).toEqual(file);
  });
});

describe('uidOf', () => {
  it('makes UIDs without leading zeros (PS3.5 §9.1), another one for each number', () => {
    expect(uidOf(40, 5)).toMatch(/^2\.25\.[1-9]\d{34}$/);
    expect(uidOf(40, 5)).not.toBe(uidOf(40, 6));
  });

  it('refuses a length that has no room for the number', () => {
    expect(() => uidOf(20, 1)).toThrow('20 characters');
  });
});
