import { describe, expect, it } from '@jest/globals';
import { attribute, tagHex } from '../dicom/data-set/dictionary.js';
import {
  ATTRIBUTE_LEVELS,
  COMPUTED_ATTRIBUTES,
  PATIENT_ATTRIBUTES,
  SERIES_ATTRIBUTES,
  STUDY_ATTRIBUTES,
} from './attribute-levels.js';

describe('ATTRIBUTE_LEVELS', () => {
  it('gives every attribute the tag that PS3.6 gives it', () => {
    for (const attributes of [PATIENT_ATTRIBUTES, STUDY_ATTRIBUTES, SERIES_ATTRIBUTES, COMPUTED_ATTRIBUTES])
      for (const [keyword, tag] of Object.entries(attributes))
        expect([keyword, tagHex(tag)]).toEqual([keyword, attribute(keyword)?.tag]);
  });

  it('puts no attribute into two levels', () => {
    const { study, series, computed } = ATTRIBUTE_LEVELS;
    const all = [...study, ...series, ...computed];
    expect(new Set(all).size).toBe(all.length);
  });
});
