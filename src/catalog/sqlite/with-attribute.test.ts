import { describe, expect, it } from '@jest/globals';
import type { JsonElement } from '../../standard/dicom-json.js';
import { withAttribute } from './with-attribute.js';

const institution = { vr: 'LO', Value: ['Site "2"'] };
const isSaid = (own?: JsonElement): boolean => own?.Value?.[0] === 'Own';
const withInstitution = (text: string, value: JsonElement): string =>
  withAttribute(text, '00080080', (own) => (isSaid(own) ? undefined : value));
const added = (attributes: object): unknown => JSON.parse(withInstitution(JSON.stringify(attributes), institution));
const keysOf = (attributes: object): string[] =>
  Object.keys(added(attributes) as object).filter((tag) => !/^[1-9]/.test(tag));

describe('withAttribute', () => {
  const before = {
    '00080005': { vr: 'CS', Value: ['a,"b}"'] },
    '00080051': { vr: 'SQ', Value: [{ '00080090': { vr: 'LO' } }] },
  };
  const after = { '00080090': { vr: 'PN', Value: [{ Alphabetic: 'x\\"y' }] }, '00100020': { vr: 'LO' } };

  it('adds the attribute where it belongs, and leaves the rest to the letter', () => {
    for (const attributes of [{}, before, after, { ...before, ...after }]) {
      expect(added(attributes)).toEqual({ ...attributes, '00080080': institution });
      expect(keysOf(attributes)).toEqual(keysOf(attributes).sort());
    }
    const text = '{"00080016":{"vr":"DS","Value":[1.0e3,1.50]},"00090010":{"vr":"LO"}}';
    expect(withInstitution(text, { vr: 'LO', Value: ['n'] })).toBe(
      '{"00080016":{"vr":"DS","Value":[1.0e3,1.50]},"00080080":{"vr":"LO","Value":["n"]},"00090010":{"vr":"LO"}}',
    );
  });

  it('takes the place of one that is there, unless that is to stay', () => {
    for (const empty of [{ vr: 'LO' }, { vr: 'LO', Value: [' '] }, { vr: 'LO', Value: [null] }])
      expect(added({ ...before, '00080080': empty, ...after })).toEqual({
        ...before,
        '00080080': institution,
        ...after,
      });
    const own = { ...before, '00080080': { vr: 'LO', Value: ['Own'] }, ...after };
    expect(added(own)).toEqual(own);
  });

  it('is told what is there, and changes nothing for nothing', () => {
    const text = JSON.stringify({ ...before, '00080080': { vr: 'LO', Value: ['Own'] }, ...after });
    const told: unknown[] = [];
    for (const tag of ['00080080', '00080070', '00400000'])
      expect(withAttribute(text, tag, (own) => void told.push(own))).toBe(text);
    expect(told).toEqual([{ vr: 'LO', Value: ['Own'] }, undefined, undefined]);
    expect(withAttribute('{}', '00080080', () => undefined)).toBe('{}');
  });

  it('looks past the keys that JavaScript puts first', () => {
    const attributes = { '54000100': { vr: 'SQ' }, ...before, '00080080': { vr: 'LO', Value: ['Own'] } };
    expect(Object.keys(attributes)[0]).toBe('54000100');
    expect(added(attributes)).toEqual(attributes);
    expect(added({ '54000100': { vr: 'SQ' }, ...after })).toEqual({
      '54000100': { vr: 'SQ' },
      ...after,
      '00080080': institution,
    });
  });
});
