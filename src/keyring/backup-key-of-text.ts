import { LedgerError } from '../base/errors.js';
import { keyOfShares } from '../secrecy/shares-of-key.js';
import { keyOfWords } from '../secrecy/words-of-key.js';

const WORDS = 24;

/** Words, and the numbers of shares before theirs; however they are broken into lines. */
function partsOf(text: string): { numbers: number[]; lists: string[][] } {
  const numbers: number[] = [];
  const lists: string[][] = [];
  for (const token of text.split(/[\s:.,]+/).filter((one) => one !== '')) {
    if (/^\d+$/.test(token)) {
      numbers.push(Number(token));
      lists.push([]);
    } else {
      if (lists.length === 0) lists.push([]);
      lists.at(-1)!.push(token);
    }
  }
  return { numbers, lists };
}

/** Whether that is all of a key: 24 words, or two shares, each the number and 24 words. */
export function isWholeBackupKey(text: string): boolean {
  const { numbers, lists } = partsOf(text);
  return lists.length >= (numbers.length > 0 ? 2 : 1) && lists.every((words) => words.length >= WORDS);
}

/** The key of a backup, of what somebody has typed: 24 words, or two shares. Throws `bad-request` for anything else, without naming it. */
export async function backupKeyOfText(text: string): Promise<Buffer> {
  const { numbers, lists } = partsOf(text);
  if (lists.length === 0)
    throw new LedgerError('bad-request', 'There are no words: give the 24 of a backup, or two of its shares.');
  if (numbers.length === 0) return keyOfWords(lists[0]!.join(' '));
  if (numbers.length !== lists.length)
    throw new LedgerError('bad-request', 'Each share begins with its number; words stand before the first one.');
  return keyOfShares(numbers.map((number, index) => ({ number, words: lists[index]!.join(' ') })));
}
