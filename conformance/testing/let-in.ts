import { readFileSync } from 'node:fs';

/** The tokens of the servers under test, by the origin of their URLs. */
const tokenFiles = new Map<string, string>();

const bareFetch = globalThis.fetch;

/**
 * From now on what this process asks of the server at `url` by `fetch` carries the token in `tokenFile`, unless the request has
 * credentials of its own. A test of the door itself sends `Authorization: ''`, which goes out as none.
 */
export function letIn(url: string, tokenFile: string): void {
  tokenFiles.set(new URL(url).origin, tokenFile);
  globalThis.fetch = fetchLetIn;
}

/** The file with the token of a server that a test has started; undefined for others. */
export function tokenFileOf(url: string): string | undefined {
  return URL.canParse(url) ? tokenFiles.get(new URL(url).origin) : undefined;
}

/** The header that lets a request into the server at `url`; none for a server that no test has started. */
export function authorizationOf(url: string): { Authorization?: string } {
  const file = tokenFileOf(url);
  return file === undefined ? {} : { Authorization: `Bearer ${readFileSync(file, 'utf8').trim()}` };
}

const fetchLetIn: typeof fetch = (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  const { Authorization } = authorizationOf(url);
  if (Authorization !== undefined && !headers.has('Authorization')) headers.set('Authorization', Authorization);
  if (headers.get('Authorization') === '') headers.delete('Authorization');
  return bareFetch(input, { ...init, headers });
};
