import { type ErrorCode, LedgerError } from '../../src/base/errors.js';

/** What a door throws when something is not as it has to be. The message is a sentence. */
export class Find extends Error {}

/** The server under test has ended: nothing more can be found out with it. */
export class Fatal extends Find {}

/** Throws a Find that says `sentence` unless `isSo`. */
export function requireThat(isSo: boolean, sentence: string): asserts isSo {
  if (!isSo) throw new Find(sentence);
}

/** The result of `work`. Whatever it throws becomes a Find. */
export async function throwsNothing<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asFind(error);
  }
}

/** The result of `work`; undefined when it throws a LedgerError with one of `codes`. Anything else that it throws becomes a Find. */
export async function throwsOnly<T>(codes: readonly ErrorCode[], work: () => T | Promise<T>): Promise<T | undefined> {
  const isAllowed = (error: LedgerError): boolean => codes.includes(error.code);
  return unlessThrown(isAllowed, work);
}

/** The result of `work`; undefined when it throws any LedgerError. Anything else that it throws becomes a Find. */
export function throwsLedgerErrors<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  return unlessThrown(() => true, work);
}

async function unlessThrown<T>(
  isAllowed: (error: LedgerError) => boolean,
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LedgerError && isAllowed(error)) return undefined;
    throw asFind(error);
  }
}

function asFind(error: unknown): Find {
  if (error instanceof Find) return error;
  const { name, message, code = '' } = error as NodeJS.ErrnoException;
  return new Find(`${name} ${code}: ${message}`, { cause: error });
}
