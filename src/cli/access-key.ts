import { LedgerError } from '../base/errors.js';
import { callServer, problemOf } from './call-server.js';
import type { ServerAddress } from './server-address.js';

const PATH = '/access/keys';

export interface AccessKeyOptions {
  permission: string[];
  sees?: string[];
  setsLabel?: string[];
  network?: string[];
  expiresInDays?: string;
}

/** Makes a key at a running server. It alone goes to standard output, for scripts. */
export async function newAccessKey(
  name: string,
  { server, ...options }: AccessKeyOptions & { server: ServerAddress },
): Promise<void> {
  const { permission: permissions, sees, setsLabel: setsLabels, network: networks, expiresInDays } = options;
  const days = expiresInDays !== undefined && /^\d+$/.test(expiresInDays) ? Number(expiresInDays) : expiresInDays;
  const response = await callServer(server, PATH, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, permissions, sees, setsLabels, networks, expiresInDays: days }),
  });
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
  const { id, key } = (await response.json()) as { id: string; key: string };
  console.log(key);
  console.error(
    `This is the key ${id}, which the server shows this once. Send it as "Authorization: Bearer", or as password of ${id}.`,
  );
}

/** One line a key, with tabs between id, name, permissions and state. */
export async function listAccessKeys({ server }: { server: ServerAddress }): Promise<void> {
  const response = await callServer(server, PATH);
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
  const keys = (await response.json()) as {
    id: string;
    name: string;
    permissions: string[];
    expiresAt?: number;
    revokedAt?: number;
  }[];
  for (const { id, name, permissions, expiresAt, revokedAt } of keys) {
    const expires = expiresAt === undefined ? 'does not expire' : `expires ${new Date(expiresAt).toISOString()}`;
    console.log([id, name, permissions.join(','), revokedAt === undefined ? expires : 'revoked'].join('\t'));
  }
}

export async function revokeAccessKey(id: string, { server }: { server: ServerAddress }): Promise<void> {
  const response = await callServer(server, `${PATH}/${encodeURIComponent(id)}`, { method: 'DELETE' });
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
  console.log(`${id} is revoked.`);
}
