import { LedgerError } from '../base/errors.js';
import type { AccessDatabase } from './database.js';
import { OWN_ISSUER } from './principal.js';
import { digestOf, newId, newSecret, SECRET } from './secret.js';
import type { Sessions } from './sessions.js';

/** Links by which people without an account see one study for some hours. */
export interface ShareLinks {
  /** Makes a link; the path with its secret is given this once. Throws `conflict` when there are too many. */
  add(link: NewShareLink): { id: string; path: string };
  /** Those that have not expired and are not revoked, the newest first. */
  list(): ShareLinkEntry[];
  /** The link of a secret, while it can be opened. */
  find(secret: string): ShareLinkEntry | undefined;
  /**
   * Counts a use and opens a session that may see this study and nothing else, and ends with the link; its Set-Cookie header. Throws
   * `not-found` for one that is revoked, expired or used up, as for one that never was.
   */
  open(secret: string): Promise<{ cookie: string; StudyInstanceUID: string }>;
  /** Ends a link and the sessions that it has opened; false when there is none that lasts. */
  revoke(id: string): boolean;
}

export interface NewShareLink {
  StudyInstanceUID: string;
  /** 1 to 168. */
  hours: number;
  /** How often it may be opened; undefined = as often as one likes. */
  maxUses: number | undefined;
  /** The name of who makes it. */
  madeBy: string;
}

export interface ShareLinkEntry {
  /** No credential. */
  id: string;
  StudyInstanceUID: string;
  madeBy: string;
  madeAt: number;
  expiresAt: number;
  maxUses: number | null;
  uses: number;
}

const MAX_LINKS = 10_000;
const HOUR_MS = 3_600_000;
const COLUMNS = `id, StudyInstanceUID, made_by AS madeBy, made_at AS madeAt, expires_at AS expiresAt, max_uses AS maxUses, uses`;
const LASTS = 'revoked_at IS NULL AND expires_at > ?';
const IS_OPEN = `${LASTS} AND (max_uses IS NULL OR uses < max_uses)`;

export function createShareLinks(database: AccessDatabase, { sessions }: { sessions: Sessions }): ShareLinks {
  const subjectOf = (id: string): string => `link-${id}`;
  return {
    add: ({ StudyInstanceUID, hours, maxUses, madeBy }) => {
      const now = Date.now();
      database.prepare('DELETE FROM share_link WHERE expires_at <= ?').run(now);
      const { count } = database.prepare('SELECT count(*) AS count FROM share_link').get() as { count: number };
      if (count >= MAX_LINKS)
        throw new LedgerError(
          'conflict',
          `There are ${count} share links already; make new ones when some have expired.`,
        );
      const [id, secret] = [newId(), newSecret()];
      database
        .prepare(
          `INSERT INTO share_link (id, digest, StudyInstanceUID, made_by, made_at, expires_at, max_uses)
            VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(id, digestOf(secret), StudyInstanceUID, madeBy, now, now + hours * HOUR_MS, maxUses ?? null);
      return { id, path: `/share/${secret}` };
    },

    list: () =>
      database
        .prepare(`SELECT ${COLUMNS} FROM share_link WHERE ${LASTS} ORDER BY made_at DESC, id`)
        .all(Date.now()) as ShareLinkEntry[],

    find: (secret) => {
      if (!SECRET.test(secret)) return undefined;
      const sql = `SELECT ${COLUMNS} FROM share_link WHERE digest = ? AND ${IS_OPEN}`;
      return database.prepare(sql).get(digestOf(secret), Date.now()) as ShareLinkEntry | undefined;
    },

    open: async (secret) => {
      const sql = `UPDATE share_link SET uses = uses + 1 WHERE digest = ? AND ${IS_OPEN} RETURNING ${COLUMNS}`;
      const link = SECRET.test(secret)
        ? (database.prepare(sql).get(digestOf(secret), Date.now()) as ShareLinkEntry | undefined)
        : undefined;
      if (link === undefined)
        throw new LedgerError('not-found', 'This link has ended; ask whoever sent it for another one.');
      const { id, StudyInstanceUID, expiresAt } = link;
      const principal = {
        subject: subjectOf(id),
        issuer: OWN_ISSUER,
        name: 'Guest',
        permissions: new Set(['read'] as const),
        sees: { studies: [StudyInstanceUID] },
      };
      return { cookie: await sessions.open(principal, { endsAt: expiresAt, via: 'link' }), StudyInstanceUID };
    },

    revoke: (id) => {
      sessions.endAllOf({ issuer: OWN_ISSUER, subject: subjectOf(id) });
      const sql = 'UPDATE share_link SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL AND expires_at > ?';
      return database.prepare(sql).run(Date.now(), id, Date.now()).changes > 0;
    },
  };
}
