import { createInterface } from 'node:readline';
import { LedgerError } from '../base/errors.js';

/** Asks a person to type a word before something is done; resolves when it was typed. Throws `bad-request` for anything else. */
export async function confirm(question: string, word: string): Promise<void> {
  process.stderr.write(`${question} Type ${word} to go on: `);
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) {
      if (line.trim() === word) return;
      break;
    }
  } finally {
    lines.close();
  }
  throw new LedgerError('bad-request', `Nothing was sent: "${word}" was not typed (--yes goes on without).`);
}
