import { describe, expect, it } from '@jest/globals';
import { attribute } from '../../dicom/data-set/dictionary.js';
import { TAGS } from './tags.js';

describe('TAGS', () => {
  it.each(Object.entries(TAGS))('has %s as PS3.6 has it', (keyword, tag) => {
    expect(attribute(keyword)?.tag).toBe(tag);
  });
});
