import { readFileSync } from 'node:fs';
import { localTokenFile } from '../../src/access/local-token.js';
import type { Network } from '../../src/network/network.js';

/** The tokens of the servers under test, by the origin of their URLs. */
const tokens = new Map<string, { file: string; token: string }>();

const bareFetch = globalThis.fetch;

/**
 * From now on what this process asks of the server at `url` by `fetch` carries the token in `tokenFile`, unless the request has
 * credentials of its own. A test of the door itself sends `Authorization: ''`, which goes out as none.
 */
export function letIn(url: string, tokenFile: string): void {
  tokens.set(new URL(url).origin, { file: tokenFile, token: readFileSync(tokenFile, 'utf8').trim() });
  globalThis.fetch = fetchLetIn;
}

/** The same for each server of a network. */
export function letInto({ sites }: Pick<Network, 'sites'>): void {
  for (const { server } of sites) if (server !== undefined) letIn(server.url, localTokenFile(server.dataFolder));
}

/** The file with the token of a server that a test has started; undefined for others. */
export function tokenFileOf(url: string): string | undefined {
  return URL.canParse(url) ? tokens.get(new URL(url).origin)?.file : undefined;
}

/** The header that lets a request into the server at `url`; none for a server that no test has started. */
export function authorizationOf(url: string): { Authorization?: string } {
  const known = URL.canParse(url) ? tokens.get(new URL(url).origin) : undefined;
  return known === undefined ? {} : { Authorization: `Bearer ${known.token}` };
}

const fetchLetIn: typeof fetch = (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  const { Authorization } = authorizationOf(url);
  if (Authorization !== undefined && !headers.has('Authorization')) headers.set('Authorization', Authorization);
  if (headers.get('Authorization') === '') headers.delete('Authorization');
  return bareFetch(input, { ...init, headers });
};
