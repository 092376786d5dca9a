import { describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import { readAcquisition, readFileName, requirePatientId } from './read-image-parameters.js';

describe('readAcquisition', () => {
  for (const [text, expected] of [
    ['20200131', '20200131'],
    ['202001311230', '20200131123000'],
    ['20200131123059', '20200131123059'],
    ['2020-01-31', '20200131'],
    ['2020-01-31T12:30', '20200131123000'],
    ['2020-01-31 12:30:59.999', '20200131123059'],
    ['20240229', '20240229'],
    ['20200131000000', '20200131000000'],
    ['20200131235959', '20200131235959'],
  ] as const)
    it(`reads ${text}`, () => {
      expect(readAcquisition(text)).toBe(expected);
    });
  for (const text of [
    '2020',
    '202001',
    '20200132',
    '20200001',
    '20230229',
    '2020-0131',
    '2020013112',
    '202001312400',
    '202001311260',
    '20200131123060',
    '2020-01-31T12:30:00Z',
    '2020-01-31T12:30:00+01:00',
    'yesterday',
  ])
    it(`refuses ${text}`, () => {
      expect(() => readAcquisition(text)).toThrow(LedgerError);
    });
});

describe('readFileName', () => {
  it('takes the last component, in Unicode form C', () => {
    expect(readFileName('C:\\scans\\a.png')).toBe('a.png');
    expect(readFileName('../../a.png')).toBe('a.png');
    expect(readFileName('a\u0308.png')).toBe('\u00e4.png');
  });

  it('has a limit of 255 bytes', () => {
    expect(readFileName('x'.repeat(255))).toHaveLength(255);
    expect(() => readFileName('x'.repeat(256))).toThrow(LedgerError);
    expect(() => readFileName(`${'x'.repeat(254)}ä`)).toThrow(LedgerError);
  });

  it('refuses what is no name', () => {
    for (const name of ['', ' ', '.', '..', 'a/', 'a\u0000b', 'a\nb'])
      expect(() => readFileName(name)).toThrow(LedgerError);
  });
});

describe('requirePatientId', () => {
  it('has a limit of 64 characters', () => {
    expect(requirePatientId(` ${'ä'.repeat(64)} `)).toHaveLength(64);
    expect(() => requirePatientId('x'.repeat(65))).toThrow(LedgerError);
  });

  it('does not repeat the ID in its message', () => {
    expect(() => requirePatientId('Doe\\John')).toThrow(/^(?!.*Doe)/);
  });
});
