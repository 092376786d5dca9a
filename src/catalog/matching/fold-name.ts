/** Letters that Unicode does not take apart into a base letter and a mark. */
const PLAIN_LETTERS: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
};

/**
 * A component group without case and accents. Only the marks of Latin, Greek and Cyrillic are dropped: in other scripts
 * (kana, Devanagari) a mark makes another letter.
 */
export function foldName(group: string): string {
  const components = group
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replace(/[ßæœøđðłþıς]/g, (letter) => PLAIN_LETTERS[letter] ?? letter)
    .split('^')
    .map((component) => component.trim());
  while (components.length > 1 && components.at(-1) === '') components.pop();
  return components.join('^');
}

/** Alphabetic, ideographic and phonetic group of one PN value of the JSON model (PS3.18 §F.2.2), folded. */
export function nameGroups(value: unknown): string[] {
  if (typeof value === 'string') return value.split('=').map(foldName);
  if (typeof value !== 'object' || value === null) return [];
  const { Alphabetic, Ideographic, Phonetic } = value as Record<string, unknown>;
  return [Alphabetic, Ideographic, Phonetic].map((group) => (typeof group === 'string' ? foldName(group) : ''));
}

/** What separates the words of a name, for search by word. */
export const WORD_SEPARATORS = ['^', ',', '-'];

/** Words of a folded key, with the wildcards inside them; those at the ends mean nothing for a search by prefix. */
export function nameWords(key: string): string[] {
  return key
    .split(/[\s^,=-]+/)
    .map(withoutOuterStars)
    .filter((word) => word !== '');
}

/** In time that grows with the word alone. */
function withoutOuterStars(word: string): string {
  let [start, end] = [0, word.length];
  while (start < end && word[start] === '*') start++;
  while (end > start && word[end - 1] === '*') end--;
  return word.slice(start, end);
}
