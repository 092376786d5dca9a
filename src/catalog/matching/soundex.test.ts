import { describe, expect, it } from '@jest/globals';
import { soundex } from './soundex.js';

describe('soundex', () => {
  // https://www.archives.gov/research/census/soundex
  it.each([
    ['washington', 'W252'],
    ['lee', 'L000'],
    ['gutierrez', 'G362'],
    ['pfister', 'P236'],
    ['jackson', 'J250'],
    ['tymczak', 'T522'],
    ['ashcraft', 'A261'],
    ['vandeusen', 'V532'],
  ])('codes %s as the National Archives do', (word, code) => {
    expect(soundex(word)).toBe(code);
  });

  it('finds no sound in what is not written with the letters a to z', () => {
    expect(['山田', 'x1', 'a', '', 'о'].map(soundex)).toEqual(Array(5).fill(undefined));
  });
});
