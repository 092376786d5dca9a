import type { IncomingMessage } from 'node:http';
import { parseCookie, stringifySetCookie } from 'cookie';
import { LedgerError } from '../base/errors.js';
import type { Way } from './authenticate.js';
import type { AccessDatabase } from './database.js';
import { EMERGENCY_MINUTES, type Emergency } from './emergency.js';
import type { Grant } from './grant.js';
import type { Permission, Principal } from './principal.js';
import type { Claims } from './roles-of.js';
import { cookiePrefix } from './cookie-prefix.js';
import { digestOf, newId, newSecret, SECRET } from './secret.js';

/** The sessions of browsers. Each is a row here and a cookie there: HttpOnly, SameSite, so that no script reads it. */
export interface Sessions {
  /** Opens a session; the Set-Cookie header of the answer that begins it. */
  open(principal: Omit<Principal, 'via'>, opening?: SessionOpening): Promise<string>;
  /** Ends that of a request, if it has one; the Set-Cookie header that takes the cookie away. */
  end(request: IncomingMessage): Promise<string>;
  /** Knows callers by their cookie. */
  way: Way;
  /** Those that have not ended, the newest first. */
  list(): SessionEntry[];
  /** Ends one by its id; false when there is none. It is refused from the next request on. */
  endOne(id: string): boolean;
  /** Ends all of one person, who may have several browsers. */
  endAllOf(who: Pick<Principal, 'issuer' | 'subject'>): void;
  /**
   * Opens an emergency in the session of a request, or another one in place of that which it has. It lasts for an hour, no longer
   * than the session, and no longer than its person may break the glass. Who may do so is for the caller to see. Throws `unauthenticated`
   * without a session.
   */
  openEmergency(request: IncomingMessage, why: Pick<Emergency, 'purpose' | 'reason'>): Emergency;
  /** Ends that of a request's session, if it has one. */
  endEmergency(request: IncomingMessage): void;
}

/** What else there is to a new session. */
export interface SessionOpening {
  /**
   * What the identity provider said of the person. With it the roles file decides at each request what the session may do and see,
   * so that a reload of the file reaches those who are logged in; without it, that is what the principal says for as long as it lasts.
   */
  claims?: Claims;
  /** When it ends at the latest, in milliseconds since 1970. */
  endsAt?: number;
  via?: 'session' | 'link';
}

/** A session as those who run the server see it. */
export interface SessionEntry extends Pick<Principal, 'subject' | 'issuer' | 'name'> {
  /** No credential. */
  id: string;
  openedAt: number;
  /** To the minute. */
  usedAt: number;
}

export interface SessionRules {
  /** Whether browsers reach the server by https: only then the cookie is `Secure`, and bound to this host alone by its prefix. */
  isHttps: boolean;
  /** Path of the server on its host, '' for all of it: others may live beside it, and are not sent the cookie. */
  basePath: string;
  /** Browsers send a cookie to all ports of a host, so each server needs a name of its own. */
  port: number;
  /** It ends when nothing was asked for so long. */
  idleMs: number;
  /** It ends so long after it began, however much is asked. */
  maxMs: number;
  /** What somebody of whom `issuer` makes these claims may do and see at this moment. */
  grantOf: (claims: Claims, issuer: string) => Grant;
}

interface Row extends SessionEntry {
  permissions: string;
  sees: string;
  claims: string | null;
  emergency: string | null;
  via: 'session' | 'link';
  endsAt: number;
}

const COLUMNS =
  'id, subject, issuer, name, permissions, sees, claims, emergency, via, opened_at AS openedAt, used_at AS usedAt, ends_at AS endsAt';
/** How exactly the last use is known: writing it down each time would be one write a request. */
const USE_MS = 60_000;
/** Those of one person, the oldest of which end; one who logs in and never out must not fill the disk. */
const MAX_OF_ONE = 50;
const MAX_CLAIMS_BYTES = 16_384;

/**
 * Sessions in `database`, of which only digests are kept there. The cookie is `SameSite=Lax`: with `Strict` a browser would not send
 * it on the way back from an identity provider, nor when a hospital's own system opens a study by its link; what writes is
 * protected by `Sec-Fetch-Site` and `Origin`. Every request looks at the row, so an ended session is refused at once.
 */
export function createSessions(database: AccessDatabase, rules: SessionRules): Sessions {
  // RFC 6265bis §4.1.3.2: browsers take a cookie of this name only from this host, by https, for all of its paths.
  const cookieName = `${cookiePrefix(rules)}dicom-ledger-${rules.port}`;
  const cookie = (value: string, maxAgeMs: number): string =>
    stringifySetCookie(cookieName, value, {
      httpOnly: true,
      sameSite: 'lax',
      secure: rules.isHttps,
      path: rules.basePath || '/',
      maxAge: Math.max(0, Math.floor(maxAgeMs / 1000)),
    });
  const digestIn = ({ headers }: IncomingMessage): string | undefined => {
    const value = parseCookie(headers.cookie ?? '')[cookieName];
    return value !== undefined && SECRET.test(value) ? digestOf(value) : undefined;
  };
  const isOver = ({ endsAt, usedAt }: Row, now: number): boolean => endsAt <= now || usedAt + rules.idleMs <= now;

  const principalOf = (row: Row): Principal => {
    const { subject, issuer, name, via } = row;
    if (row.claims !== null)
      return { subject, issuer, name, ...rules.grantOf(JSON.parse(row.claims) as Claims, issuer), via };
    const permissions = new Set(JSON.parse(row.permissions) as Permission[]);
    return { subject, issuer, name, permissions, sees: JSON.parse(row.sees) as Principal['sees'], via };
  };

  /** The emergency of a session, which is forgotten as soon as it is over: it does not come back with the role. */
  const withEmergency = (principal: Principal, row: Row, now: number): Principal => {
    if (row.emergency === null) return principal;
    const emergency = JSON.parse(row.emergency) as Emergency;
    if (principal.mayBreakGlass === true && now < (emergency.endsAt ?? 0)) return { ...principal, emergency };
    database.prepare('UPDATE session SET emergency = NULL WHERE id = ?').run(row.id);
    return principal;
  };

  return {
    open: async ({ subject, issuer, name, permissions, sees }, { claims, endsAt, via = 'session' } = {}) => {
      const now = Date.now();
      const end = Math.min(now + rules.maxMs, endsAt ?? Infinity);
      const said = claims === undefined ? null : JSON.stringify(claims);
      if (said !== null && Buffer.byteLength(said) > MAX_CLAIMS_BYTES)
        throw new LedgerError(
          'forbidden',
          `The identity provider says more than ${MAX_CLAIMS_BYTES} bytes of this person; let it send fewer claims.`,
        );
      const secret = newSecret();
      database.transaction(() => {
        database.prepare('DELETE FROM session WHERE ends_at <= ? OR used_at <= ?').run(now, now - rules.idleMs);
        database
          .prepare(
            `DELETE FROM session WHERE id IN
              (SELECT id FROM session WHERE issuer = ? AND subject = ? ORDER BY opened_at DESC LIMIT -1 OFFSET ?)`,
          )
          .run(issuer, subject, MAX_OF_ONE - 1);
        database
          .prepare(
            `INSERT INTO session (id, digest, subject, issuer, name, permissions, sees, claims, via, opened_at, used_at, ends_at)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(
            ...[newId(), digestOf(secret), subject, issuer, name],
            ...[JSON.stringify([...permissions]), JSON.stringify(sees), said, via, now, now, end],
          );
      })();
      return cookie(secret, end - now);
    },

    end: async (request) => {
      const digest = digestIn(request);
      if (digest !== undefined) database.prepare('DELETE FROM session WHERE digest = ?').run(digest);
      return cookie('', 0);
    },

    way: async (request) => {
      const digest = digestIn(request);
      if (digest === undefined) return undefined;
      const row = database.prepare(`SELECT ${COLUMNS} FROM session WHERE digest = ?`).get(digest) as Row | undefined;
      const now = Date.now();
      if (row === undefined || isOver(row, now))
        throw new LedgerError('unauthenticated', 'The session has ended; log in again.');
      if (now - row.usedAt >= USE_MS) database.prepare('UPDATE session SET used_at = ? WHERE id = ?').run(now, row.id);
      return withEmergency(principalOf(row), row, now);
    },

    list: () => {
      const now = Date.now();
      const rows = database.prepare(`SELECT ${COLUMNS} FROM session ORDER BY opened_at DESC`).all() as Row[];
      return rows
        .filter((row) => !isOver(row, now))
        .map(({ id, subject, issuer, name, openedAt, usedAt }) => ({ id, subject, issuer, name, openedAt, usedAt }));
    },

    endOne: (id) => database.prepare('DELETE FROM session WHERE id = ?').run(id).changes > 0,

    endAllOf: ({ issuer, subject }) => {
      database.prepare('DELETE FROM session WHERE issuer = ? AND subject = ?').run(issuer, subject);
    },

    openEmergency: (request, { purpose, reason }) => {
      const digest = digestIn(request) ?? '';
      const row = database.prepare('SELECT ends_at AS endsAt FROM session WHERE digest = ?').get(digest) as
        { endsAt: number } | undefined;
      if (row === undefined) throw new LedgerError('unauthenticated', 'The session has ended; log in again.');
      const endsAt = Math.min(Date.now() + EMERGENCY_MINUTES * 60_000, row.endsAt);
      const emergency: Emergency = { purpose, reason, endsAt };
      database.prepare('UPDATE session SET emergency = ? WHERE digest = ?').run(JSON.stringify(emergency), digest);
      return emergency;
    },

    endEmergency: (request) => {
      database.prepare('UPDATE session SET emergency = NULL WHERE digest = ?').run(digestIn(request) ?? '');
    },
  };
}
