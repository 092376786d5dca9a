import type { Choices } from './choices.js';
import { TEXTS } from './hostile-values.js';

const ALPHABETS = [
  'ab',
  '*?a',
  '0123456789.',
  ',;=-"\\ \t/',
  '^=\\ *',
  '%0a%zz+&',
  '[]{}()!$',
  'äß山\u0301\u{1f600}\u0000\u001b',
];

/** Text to hurt a reader of text with, at most `most` characters long. */
export function randomText(random: Choices, most = 4096): string {
  const kind = random.whole(0, 5);
  if (kind <= 1) return random.pick(TEXTS).slice(0, most);
  const letters = [...random.pick(ALPHABETS)];
  const some = (count: number): string => Array.from({ length: count }, () => random.pick(letters)).join('');
  if (kind === 2) return some(random.magnitude(200) + 1).slice(0, most);
  if (kind === 3)
    return random
      .pick(letters)
      .repeat(random.magnitude(most) + 1)
      .slice(0, most);
  if (kind === 4)
    return (some(random.whole(1, 4)).repeat(random.magnitude(most / 2) + 1) + random.pick(letters)).slice(0, most);
  return (random.pick(TEXTS) + some(random.whole(0, 8)) + random.pick(TEXTS)).slice(0, most);
}

/** The text without the surrogates of UTF-16 that stand alone, which no UTF-8 can carry. */
export function withoutSurrogates(text: string): string {
  return text.replace(/\p{Cs}/gu, '');
}
