import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { AccountsDatabase } from './accounts-database.js';

interface Row {
  payload: string;
  consumed_at: number | null;
}

const SWEEP_EVERY = 100;
/** Of what the provider gives no end: nothing of it, as it is configured. */
const DEFAULT_LIFE_S = 3600;

/** Where the provider keeps its codes and logins under way: in the file of the accounts, so that a restart ends no login. */
export function providerAdapter(database: AccountsDatabase): (kind: string) => Adapter {
  let writes = 0;
  const sweep = (): void => {
    if (writes++ % SWEEP_EVERY === 0) database.prepare('DELETE FROM artifact WHERE expires_at <= ?').run(Date.now());
  };
  const payloadOf = (row: unknown): AdapterPayload | undefined => {
    if (row === undefined) return undefined;
    const { payload, consumed_at: consumedAt } = row as Row;
    return {
      ...(JSON.parse(payload) as AdapterPayload),
      ...(consumedAt !== null && { consumed: Math.floor(consumedAt / 1000) }),
    };
  };
  return (kind) => ({
    upsert: async (id, payload, expiresInS = DEFAULT_LIFE_S) => {
      sweep();
      database
        .prepare(
          `INSERT INTO artifact (kind, id, payload, grant_id, uid, expires_at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (kind, id) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id,
              uid = excluded.uid, expires_at = excluded.expires_at`,
        )
        .run(
          kind,
          id,
          JSON.stringify(payload),
          payload.grantId ?? null,
          payload.uid ?? null,
          Date.now() + expiresInS * 1000,
        );
    },
    find: async (id) =>
      payloadOf(
        database
          .prepare('SELECT payload, consumed_at FROM artifact WHERE kind = ? AND id = ? AND expires_at > ?')
          .get(kind, id, Date.now()),
      ),
    findByUid: async (uid) =>
      payloadOf(
        database
          .prepare('SELECT payload, consumed_at FROM artifact WHERE kind = ? AND uid = ? AND expires_at > ?')
          .get(kind, uid, Date.now()),
      ),
    // Of logins by a device's code, which this provider does not offer (RFC 8628).
    findByUserCode: async () => undefined,
    consume: async (id) => {
      database.prepare('UPDATE artifact SET consumed_at = ? WHERE kind = ? AND id = ?').run(Date.now(), kind, id);
    },
    destroy: async (id) => {
      database.prepare('DELETE FROM artifact WHERE kind = ? AND id = ?').run(kind, id);
    },
    revokeByGrantId: async (grantId) => {
      database.prepare('DELETE FROM artifact WHERE kind = ? AND grant_id = ?').run(kind, grantId);
    },
  });
}
