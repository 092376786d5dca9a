/** Where a node listens, without what must not be printed. */
export interface NodeUrl {
  /** `host:port`, for people. */
  host: string;
  /** Without user and password. */
  href: string;
  /** HTTP's Basic authentication (RFC 7617), when the URL has a user or a password. */
  headers: Record<string, string>;
}

export function readNodeUrl(url: string): NodeUrl {
  const parsed = new URL(url);
  const { host, username, password } = parsed;
  parsed.username = '';
  parsed.password = '';
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  const isSecret = username !== '' || password !== '';
  const headers: Record<string, string> = isSecret ? { authorization: `Basic ${credentials.toString('base64')}` } : {};
  return { host, href: parsed.href, headers };
}
