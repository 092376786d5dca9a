import { randomInt } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { LedgerError } from '../../base/errors.js';

/** argon2id with the least memory and passes that OWASP's Password Storage Cheat Sheet names; memory in KiB. */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const AT_A_TIME = 2;
const MAX_WAITING = 50;
const MIN_LENGTH = 12;
const MAX_LENGTH = 256;
/** Without those that look alike. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
const GROUPS = 5;

const limit = pLimit(AT_A_TIME);

/** Each takes 19 MiB and some 30 ms of a core. Rejects with `too-many-requests` when 50 wait already. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (limit.pendingCount >= MAX_WAITING)
    throw new LedgerError('too-many-requests', 'Too many people log in at this moment; try again in some seconds.');
  return limit(work);
}

/** Two ways to write a letter are one (Unicode UAX #15, NFKC; NIST SP 800-63B §5.1.1.2). */
const normal = (password: string): string => password.normalize('NFKC');

export const hashOfPassword = async (password: string): Promise<string> => inTurn(() => hash(normal(password), COST));

export const isPassword = async (password: string, hashed: string): Promise<boolean> =>
  inTurn(async () => password.length <= MAX_LENGTH && (await verify(hashed, normal(password))));

/** What is wrong with a password that somebody has chosen, as a sentence; undefined when it will do (NIST SP 800-63B §5.1.1.2). */
export function passwordFault(
  password: string,
  { login, before }: { login: string; before?: string },
): string | undefined {
  const text = normal(password);
  if ([...text].length < MIN_LENGTH)
    return `The new password needs at least ${MIN_LENGTH} characters; some words will do.`;
  if (text.length > MAX_LENGTH) return `The new password may have at most ${MAX_LENGTH} characters.`;
  if (new Set(text).size < 5) return 'The new password repeats few characters; choose some words.';
  if (text.toLowerCase().includes(login)) return 'The new password has the login name in it; choose another.';
  if (before !== undefined && text === normal(before))
    return 'The new password is the one from before; choose another.';
  return undefined;
}

/** A password to begin with, 100 random bits, that can be read out: `k7wq2-…`. */
export function newPassword(): string {
  const group = (): string => Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}
