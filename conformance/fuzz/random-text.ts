import { texts } from './hostile-values.mjs';

const alphabets = [
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
export function randomText(random, most = 4096) {
  const kind = random.whole(0, 5);
  if (kind <= 1) return random.pick(texts).slice(0, most);
  const letters = [...random.pick(alphabets)];
  const some = (count) => Array.from({ length: count }, () => random.pick(letters)).join('');
  if (kind === 2) return some(random.magnitude(200) + 1).slice(0, most);
  if (kind === 3)
    return random
      .pick(letters)
      .repeat(random.magnitude(most) + 1)
      .slice(0, most);
  if (kind === 4)
    return (some(random.whole(1, 4)).repeat(random.magnitude(most / 2) + 1) + random.pick(letters)).slice(0, most);
  return (random.pick(texts) + some(random.whole(0, 8)) + random.pick(texts)).slice(0, most);
}
