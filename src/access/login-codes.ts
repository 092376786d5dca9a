import type { IncomingMessage } from 'node:http';
import { LedgerError } from '../base/errors.js';
import { isFromThisMachine } from './from-this-machine.js';
import { LOCAL_OPERATOR } from './local-token.js';
import { digestOf, newSecret, SECRET } from './secret.js';
import type { Sessions } from './sessions.js';

/** One-time codes, by which the person at this machine logs in without any set-up. */
export interface LoginCodes {
  /** A new code as the path of the link that uses it up, `/login?code=…`. It works once, for 15 minutes. */
  newPath(): string;
  /**
   * Uses a code up; the Set-Cookie header of the local operator's session. Throws `forbidden` for one that is not, or no longer, there
   * and for a request from another machine.
   */
  redeem(code: string, request: IncomingMessage): Promise<string>;
}

const LIFE_MS = 15 * 60_000;
/** The oldest one goes when there are more. */
const MAX_CODES = 16;

/** Codes live in memory alone: those that were not used end with the server. */
export function createLoginCodes(sessions: Sessions): LoginCodes {
  /** Digest in hex → when it ends. A map keeps the order in which they came. */
  const codes = new Map<string, number>();
  return {
    newPath: () => {
      const code = newSecret();
      codes.set(digestOf(code), Date.now() + LIFE_MS);
      for (const oldest of [...codes.keys()].slice(0, -MAX_CODES)) codes.delete(oldest);
      return `/login?code=${code}`;
    },
    redeem: async (code, request) => {
      const digest = SECRET.test(code) && isFromThisMachine(request) ? digestOf(code) : '';
      const endsAt = codes.get(digest) ?? 0;
      codes.delete(digest);
      if (endsAt <= Date.now())
        throw new LedgerError(
          'forbidden',
          'This link was used already, or it is more than 15 minutes old. Run "npx dicom-ledger login-link" for a new one.',
        );
      return sessions.open(LOCAL_OPERATOR);
    },
  };
}
