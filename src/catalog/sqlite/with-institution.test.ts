import { describe, expect, it } from '@jest/globals';
import { withInstitution } from './with-institution.js';

const institution = { vr: 'LO', Value: ['Site "2"'] };
const added = (attributes: object): unknown => JSON.parse(withInstitution(JSON.stringify(attributes), institution));
const keysOf = (attributes: object): string[] =>
  Object.keys(added(attributes) as object).filter((tag) => !/^[1-9]/.test(tag));

describe('withInstitution', () => {
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

  it('takes the place of an empty one, and not of one that says something', () => {
    for (const empty of [{ vr: 'LO' }, { vr: 'LO', Value: [' '] }, { vr: 'LO', Value: [null] }])
      expect(added({ ...before, '00080080': empty, ...after })).toEqual({
        ...before,
        '00080080': institution,
        ...after,
      });
    const own = { ...before, '00080080': { vr: 'LO', Value: ['Own'] }, ...after };
    expect(added(own)).toEqual(own);
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
