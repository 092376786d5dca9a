import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';

/** A page on another site than the archive's. */
export interface ServedPage {
  /** `http://client.localhost:43210`, without a slash at the end. */
  url: string;
  close(): Promise<void>;
}

/** Serves `html` on a free port of the loopback, and each of `folders` (by its place in the URL) beside it. */
export async function servePage(html: string, folders: Record<string, string>): Promise<ServedPage> {
  const app = express();
  for (const [place, folder] of Object.entries(folders)) app.use(place, express.static(folder));
  app.get('/favicon.ico', (_request, response) => void response.status(204).end());
  app.get('/', (_request, response) => void response.type('html').send(html));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://client.localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
