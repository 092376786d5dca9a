import { describe, expect, it } from '@jest/globals';
import { encodeText } from './encode-text.js';

describe('encodeText', () => {
  it('writes the Japanese name of PS3.5 §H.3.1 as the standard has it', () => {
    expect(encodeText('Yamada^Tarou=山田^太郎=やまだ^たろう', '\\ISO 2022 IR 87').toString('latin1')).toBe(
      'Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B',
    );
  });

  it.each([
    ['ISO_IR 144', 'Люкceмбypг'],
    ['ISO_IR 127', 'قباني^لنزار'],
    ['ISO_IR 100', 'Buc^Jérôme'],
  ])('writes %s so that its decoder reads it', (characterSet, text) => {
    const label = { 'ISO_IR 144': 'iso-8859-5', 'ISO_IR 127': 'iso-8859-6', 'ISO_IR 100': 'iso-8859-1' }[characterSet];
    const bytes = encodeText(text, characterSet);
    expect(bytes).toHaveLength([...text].length);
    expect(new TextDecoder(label).decode(bytes)).toBe(text);
  });

  it('refuses a character that the set has no code for', () => {
    expect(() => encodeText('Ж', 'ISO_IR 100')).toThrow(/"Ж" is not written in "ISO_IR 100"/);
    expect(() => encodeText('猫', '\\ISO 2022 IR 87')).toThrow(/"猫"/);
    expect(() => encodeText('é', '')).toThrow(RangeError);
  });
});
