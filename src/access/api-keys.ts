import type { IncomingMessage } from 'node:http';
import { LedgerError } from '../base/errors.js';
import type { Visibility } from '../catalog/visibility.js';
import type { Way } from './authenticate.js';
import { bearerCredential } from './bearer-credential.js';
import type { ClientOf } from './client-of.js';
import type { AccessDatabase } from './database.js';
import { unionOf, type Grant } from './grant.js';
import { isInNetworks } from '../base/networks.js';
import { OWN_ISSUER, type Permission, type Principal } from './principal.js';
import { digestOf, isSecretOf, newId, newSecret } from './secret.js';

/** Keys of programs: modalities, gateways, scripts. `dl_<id>_<secret>`, sent as Bearer, or as Basic with the id as user. */
export interface ApiKeys {
  /** Makes a key. Its text is given this once and kept nowhere. Throws `conflict` when there are too many. */
  add(key: NewApiKey): { id: string; key: string };
  /** All, the newest first; revoked ones too. */
  list(): ApiKeyEntry[];
  /** False when there is none that is not revoked. It is refused from the next request on. */
  revoke(id: string): boolean;
  way: Way;
}

/** What a key may do, and from where. */
export interface NewApiKey {
  /** For people: what it is used by. */
  name: string;
  permissions: readonly Permission[];
  sees: Visibility;
  /** Labels that the studies get which it stores. */
  setsLabels: readonly string[];
  /** Addresses and CIDR blocks from which it may be used; from everywhere when there are none. */
  networks: readonly string[];
  /** Milliseconds since 1970; undefined = it does not expire. */
  expiresAt: number | undefined;
  /** The name of who makes it. */
  madeBy: string;
}

export interface ApiKeyEntry extends NewApiKey {
  id: string;
  madeAt: number;
  /** To the minute; undefined before the first use. */
  usedAt: number | undefined;
  revokedAt: number | undefined;
}

const FORM = /^dl_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
const MAX_KEYS = 1000;
const USE_MS = 60_000;

interface Row {
  id: string;
  digest: string;
  name: string;
  permissions: string;
  sees: string;
  sets_labels: string;
  networks: string;
  made_by: string;
  made_at: number;
  expires_at: number | null;
  used_at: number | null;
  revoked_at: number | null;
}

export interface ApiKeyRules {
  /** What the roles file gives a key besides. */
  rolesOfKey: (id: string) => Grant | undefined;
  /** From where a request comes. */
  clientOf: ClientOf;
}

/** Keys in `database`, of which only digests are kept. */
export function createApiKeys(database: AccessDatabase, { rolesOfKey, clientOf }: ApiKeyRules): ApiKeys {
  return {
    add: ({ name, permissions, sees, setsLabels, networks, expiresAt, madeBy }) => {
      const { count } = database.prepare('SELECT count(*) AS count FROM api_key').get() as { count: number };
      if (count >= MAX_KEYS) {
        const { changes } = database.prepare('DELETE FROM api_key WHERE revoked_at IS NOT NULL').run();
        if (changes === 0)
          throw new LedgerError('conflict', `There are ${count} API keys already; revoke those that nobody uses.`);
      }
      const [id, secret] = [newId(), newSecret()];
      database
        .prepare(
          `INSERT INTO api_key (id, digest, name, permissions, sees, sets_labels, networks, made_by, made_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          ...[id, digestOf(secret), name, JSON.stringify(permissions), JSON.stringify(sees)],
          ...[JSON.stringify(setsLabels), JSON.stringify(networks), madeBy, Date.now(), expiresAt ?? null],
        );
      return { id, key: `dl_${id}_${secret}` };
    },

    list: () => (database.prepare('SELECT * FROM api_key ORDER BY made_at DESC, id').all() as Row[]).map(entryOf),

    revoke: (id) =>
      database.prepare('UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL').run(Date.now(), id)
        .changes > 0,

    way: async (request) => {
      const given = credentialOf(request);
      if (given === undefined) return undefined;
      const [, id = '', secret = ''] = FORM.exec(given) ?? [];
      const row = database.prepare('SELECT * FROM api_key WHERE id = ?').get(id) as Row | undefined;
      if (row === undefined || !isSecretOf(row.digest, secret)) throw refused('This is no API key of this server');
      if (row.revoked_at !== null) throw refused('This API key was revoked');
      const now = Date.now();
      if (row.expires_at !== null && row.expires_at <= now) throw refused('This API key has expired');
      const entry = entryOf(row);
      if (!isInNetworks(clientOf(request).address, entry.networks))
        throw refused('This API key is not for the network that the request comes from');
      if (now - (row.used_at ?? 0) >= USE_MS)
        database.prepare('UPDATE api_key SET used_at = ? WHERE id = ?').run(now, id);
      return principalOf(entry, rolesOfKey(id));
    },
  };
}

/** What a request shows that could be an API key; of Basic (RFC 7617 §2) the password, whose user has to be the key's id. */
function credentialOf(request: IncomingMessage): string | undefined {
  const bearer = bearerCredential(request);
  if (bearer !== undefined) return bearer.startsWith('dl_') ? bearer : undefined;
  const basic = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic === undefined) return undefined;
  const [user, ...rest] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  // A password may have colons; the user may not.
  const password = rest.join(':');
  return password.startsWith(`dl_${user}_`) ? password : '';
}

const refused = (why: string): LedgerError =>
  new LedgerError('unauthenticated', `${why}; ask the operator of the server for another one.`);

function principalOf({ id, name, permissions, sees, setsLabels }: ApiKeyEntry, roles: Grant | undefined): Principal {
  const own: Grant = { permissions: new Set(permissions), sees };
  return {
    subject: id,
    issuer: OWN_ISSUER,
    name,
    ...(roles === undefined ? own : unionOf([own, roles])),
    ...(setsLabels.length > 0 && { setsLabels }),
    via: 'api-key',
  };
}

function entryOf(row: Row): ApiKeyEntry {
  const list = (text: string): string[] => JSON.parse(text) as string[];
  return {
    id: row.id,
    name: row.name,
    permissions: list(row.permissions) as Permission[],
    sees: JSON.parse(row.sees) as Visibility,
    setsLabels: list(row.sets_labels),
    networks: list(row.networks),
    madeBy: row.made_by,
    madeAt: row.made_at,
    expiresAt: row.expires_at ?? undefined,
    usedAt: row.used_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  };
}
