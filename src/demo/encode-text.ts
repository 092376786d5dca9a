/** Where the letters of an ISO 8859 part lie in Unicode: a byte is its code point less this. */
const SHIFTS: Record<string, { from: number; to: number; shift: number }> = {
  'ISO_IR 100': { from: 0xa0, to: 0xff, shift: 0 },
  'ISO_IR 127': { from: 0x060c, to: 0x0652, shift: 0x0560 },
  'ISO_IR 144': { from: 0x0401, to: 0x045f, shift: 0x0360 },
};

/** JIS X 0208, the characters that the made names have: those of PS3.5 §H.3.1. */
const KANJI: Record<string, string> = {
  山: ';3',
  田: 'ED',
  太: 'B@',
  郎: 'O:',
  や: '$d',
  ま: '$^',
  だ: '$@',
  た: '$?',
  ろ: '$m',
  う: '$&',
};

/** Text as it is written in a Specific Character Set (PS3.3 §C.12.1.1.2). Throws a RangeError for a character that it has no code for here. */
export function encodeText(text: string, characterSet: string): Buffer {
  if (/^[\n\r\f -~]*$/.test(text)) return Buffer.from(text, 'latin1');
  if (characterSet === 'ISO_IR 192') return Buffer.from(text);
  if (characterSet.endsWith('ISO 2022 IR 87')) return encodeJapanese(text);
  const set = SHIFTS[characterSet];
  return Buffer.from(
    [...text].map((character) => {
      const code = character.codePointAt(0)!;
      if (code < 0x80) return code;
      if (set === undefined || code < set.from || code > set.to) throw missing(character, characterSet);
      return code - set.shift;
    }),
  );
}

/** Each run of kanji and kana between the escapes to JIS X 0208 and back (PS3.5 §6.1.2.5.3). */
function encodeJapanese(text: string): Buffer {
  const written = text.replace(/[^ -~]+/g, (run) => {
    const codes = [...run].map((character) => {
      const code = KANJI[character];
      if (code === undefined) throw missing(character, 'ISO 2022 IR 87');
      return code;
    });
    return `\x1b$B${codes.join('')}\x1b(B`;
  });
  return Buffer.from(written, 'latin1');
}

const missing = (character: string, characterSet: string): RangeError =>
  new RangeError(`"${character}" is not written in "${characterSet}" here.`);
