import pg from 'pg';

/** A client that is still to be connected, with a password that is given apart from the URL. */
export function clientAt(
  { url, password }: { url: string; password: string | undefined },
  options: pg.ClientConfig = {},
): pg.Client {
  const client = new pg.Client({ ...options, connectionString: url });
  // Among the options that of the URL would take its place, even where it has none.
  if (password !== undefined) client.password = password;
  return client;
}
