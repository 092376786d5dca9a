import type { IncomingMessage } from 'node:http';
import type { Way } from './authenticate.js';
import type { Principal } from './principal.js';

/** The sessions of browsers. Each is a row here and a cookie there: HttpOnly, SameSite, so that no script reads it. */
export interface Sessions {
  /** Opens a session; the Set-Cookie header of the answer that begins it. */
  open(principal: Omit<Principal, 'via'>): Promise<string>;
  /** Ends that of a request, if it has one; the Set-Cookie header that takes the cookie away. */
  end(request: IncomingMessage): Promise<string>;
  /** Knows callers by their cookie. */
  way: Way;
}
