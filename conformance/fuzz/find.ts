import { LedgerError } from '../../dist/errors.js';

/** What a door throws when something is not as it has to be: a sentence. */
export class Find extends Error {}

/**
 * Runs `work`; a LedgerError is what a parser may throw, and then the result is undefined. `codes` are the codes it may
 * have, all unless given. Everything else that is thrown becomes a Find.
 */
export async function only(codes, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Find) throw error;
    const isAllowed = error instanceof LedgerError && (codes === undefined || codes.includes(error.code));
    if (isAllowed) return undefined;
    throw new Find(`${error?.name} ${error?.code ?? ''}: ${error?.message}`, { cause: error });
  }
}

export function require(isSo, sentence) {
  if (!isSo) throw new Find(sentence);
}

/** All bytes of a stream, up to a bound that is a find. */
export async function collected(chunks, mostBytes = 256 * 1024 * 1024) {
  const parts = [];
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    require(total <= mostBytes, `More than ${mostBytes} bytes came out.`);
    parts.push(Buffer.from(chunk));
  }
  return Buffer.concat(parts);
}
