const CODES: Record<string, string> = {
  ...{ b: '1', f: '1', p: '1', v: '1', c: '2', g: '2', j: '2', k: '2', q: '2', s: '2', x: '2', z: '2' },
  ...{ d: '3', t: '3', l: '4', m: '5', n: '5', r: '6' },
};

/**
 * How a word sounds, by American Soundex (National Archives, "The Soundex Indexing System"): its first letter and three digits. Undefined
 * for a word that is longer than a name (PS3.5 §6.2) or has anything but letters a to z: of folded names, those in other scripts, which are compared as they are written.
 */
export function soundex(word: string): string | undefined {
  if (!/^[a-z]{2,64}$/.test(word)) return undefined;
  let [code, last] = [word.charAt(0).toUpperCase(), CODES[word.charAt(0)] ?? ''];
  for (const letter of word.slice(1)) {
    const digit = CODES[letter] ?? '';
    if (digit !== '' && digit !== last) code += digit;
    // Between two letters of one code, h and w do not count, and a vowel does.
    if (letter !== 'h' && letter !== 'w') last = digit;
  }
  return code.slice(0, 4).padEnd(4, '0');
}
