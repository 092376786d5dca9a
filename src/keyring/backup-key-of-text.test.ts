import { describe, expect, it } from '@jest/globals';
import { sharesOfKey } from '../secrecy/shares-of-key.js';
import { wordsOfKey } from '../secrecy/words-of-key.js';
import { backupKeyOfText, isWholeBackupKey } from './backup-key-of-text.js';

// Not a random one: its words might be those of a sentence.
const KEY = Buffer.alloc(32, 0x5a);
const WORDS = wordsOfKey(KEY);

describe('backupKeyOfText', () => {
  it.each([
    ['in one line', WORDS],
    ['in rows, with blanks around', `\n  ${WORDS.replace(/((\S+ ){6})/g, '$1\n')}  \n\n`],
    ['in capitals', WORDS.toUpperCase()],
    ['with commas', WORDS.replaceAll(' ', ', ')],
  ])('takes 24 words %s', async (_, text) => {
    expect(isWholeBackupKey(text)).toBe(true);
    expect(await backupKeyOfText(text)).toEqual(KEY);
  });

  it('takes two shares or three, in any order, each after its number', async () => {
    const [one, two, three] = (await sharesOfKey(KEY)).map(({ number, words }) => `${number} ${words}`);
    for (const text of [
      `${one}\n${two}`,
      `${three}\n\n${one}`,
      `${two}\n${one}\n${three}`,
      `${one} ${three}`.replace(' ', ': '),
    ]) {
      expect(isWholeBackupKey(text)).toBe(true);
      expect(await backupKeyOfText(text)).toEqual(KEY);
    }
  });

  it.each([
    ['nothing', ' \n'],
    ['23 words', WORDS.split(' ').slice(1).join(' ')],
    ['a share alone', `1 ${WORDS}`],
    ['one share twice', `1 ${WORDS}\n1 ${WORDS}`],
    ['words before a share', `${WORDS}\n1 ${WORDS}\n2 ${WORDS}`],
    ['a number beyond the shares', `1 ${WORDS}\n256 ${WORDS}`],
  ])('refuses %s without naming a word', async (_, text) => {
    const failure = await backupKeyOfText(text).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'bad-request' });
    for (const word of new Set(WORDS.split(' ')))
      if (word.length > 5) expect((failure as Error).message).not.toContain(` ${word}`);
  });

  it('knows when more is to come', async () => {
    const [one, two] = (await sharesOfKey(KEY)).map(({ number, words }) => `${number} ${words}`);
    const cut = (text = ''): string => text.slice(0, text.lastIndexOf(' '));
    for (const text of ['', cut(WORDS), one!, `${one}\n${cut(two)}`]) expect(isWholeBackupKey(text)).toBe(false);
  });
});
