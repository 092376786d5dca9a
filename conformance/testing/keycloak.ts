import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { freePorts } from '../../src/network/ports.js';

/** A Keycloak in a process of its own: in memory, on the loopback. */
export interface Keycloak {
  url: string;
  /** Calls the API of its operator (`/admin/realms…`). Rejects when that refuses. */
  manage(method: string, path: string, body?: unknown): Promise<unknown>;
  /** A token of a realm, by a grant that needs no browser; what the endpoint answers. */
  token(realm: string, parameters: Record<string, string>): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

const START_MS = 240_000;

export async function startKeycloak(): Promise<Keycloak> {
  const script = path.resolve('scripts/fetch-keycloak.mjs');
  const folder = execFileSync(process.execPath, [script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const [port = 0, managementPort = 0] = await freePorts(2);
  const password = randomBytes(16).toString('hex');
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    path.join(folder.trim(), 'bin', 'kc.sh'),
    ['start', '--optimized', '--http-enabled=true', '--http-host=127.0.0.1', `--http-port=${port}`, `--hostname=${url}`, '--cache=local', `--http-management-port=${managementPort}`], // prettier-ignore
    {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m',
        KC_BOOTSTRAP_ADMIN_USERNAME: 'operator',
        KC_BOOTSTRAP_ADMIN_PASSWORD: password,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // The script starts Java as its child.
      detached: true,
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'exit');
  const before = ended.then(() => {
    throw new Error(`Keycloak ended before it was ready:\n${output}`);
  });
  const ready = until('Keycloak to start', async () => (await fetch(`${url}/realms/master`)).ok, {
    timeoutMs: START_MS,
    pauseMs: 500,
  });
  await Promise.race([ready, before]);

  const token = async (realm: string, parameters: Record<string, string>): Promise<Record<string, unknown>> => {
    const body = new URLSearchParams(parameters);
    const answer = await fetch(`${url}/realms/${realm}/protocol/openid-connect/token`, { method: 'POST', body });
    return (await answer.json()) as Record<string, unknown>;
  };

  return {
    url,
    token,
    manage: async (method, below, body) => {
      const grant = { grant_type: 'password', client_id: 'admin-cli', username: 'operator', password };
      const { access_token: bearer } = await token('master', grant);
      const answer = await fetch(`${url}/admin/realms${below}`, {
        method,
        headers: { Authorization: `Bearer ${String(bearer)}`, 'Content-Type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`Keycloak answers ${method} ${below} with ${answer.status}: ${text}`);
      return text === '' ? undefined : (JSON.parse(text) as unknown);
    },
    stop: async () => {
      process.kill(-child.pid!, 'SIGTERM');
      await ended;
    },
  };
}
