import { requireThat } from './find.js';
import type { LoggedAnswer } from './fuzzed-server.js';

/** Throws a Find that names `what` was asked unless the status is one of `allowed`. */
export function requireStatus(answer: LoggedAnswer, allowed: readonly number[], what: string): void {
  const { status, bytes, logged = '' } = answer;
  const said = bytes.toString('utf8').slice(0, 300);
  requireThat(
    allowed.includes(status),
    `${what.slice(0, 300)} is answered ${status}: ${said} ${logged.slice(0, 1500)}`,
  );
}
