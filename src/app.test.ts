import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openLocalToken } from './access/local-token.js';
import { type App, openApp } from './app.js';
import { inFolder, slice } from './archive/testing/parts.js';
import { readConfig } from './config.js';
import { lockFolder } from './base/folder-lock.js';
import { silentLog } from './base/log.js';

const open = (folder: string, settings: Record<string, string> = {}): Promise<App> =>
  openApp(readConfig({ DATA_DIR: folder, PORT: '0', MIN_FREE_BYTES: '0', ...settings }), silentLog);
const store = async ({ url }: App, folder: string): Promise<Response> =>
  fetch(`${url}/dicom-web/studies`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/dicom', Authorization: `Bearer ${await openLocalToken(folder)}` },
    body: new Uint8Array(slice()),
  });

describe('openApp', () => {
  it('answers 503 to a store that its end cuts off, and stores it after the next start', () =>
    inFolder(async (folder) => {
      await (await open(folder)).close();
      const stopped = await open(folder, { EMBEDDED_PERIOD_MS: '600000' });
      const answer = store(stopped, folder);
      while ((await stopped.site.ledger.health()).outboxTransactions === 0) await new Promise(setImmediate);
      await stopped.close();
      const { status, headers } = await answer;
      expect([status, headers.get('Retry-After')]).toEqual([503, '5']);

      const next = await open(folder);
      while ((await next.site.catalog.seenBy('everything').instance('1.2.3.4'))?.state !== 'sealed')
        await new Promise(setImmediate);
      const again = await store(next, folder);
      expect([again.status, again.headers.get('X-Already-Stored')]).toEqual([200, '1']);
      await next.close();
    }));

  it('is closed for whoever closes it a second time when it is for the first: the folder is free', () =>
    inFolder(async (folder) => {
      const app = await open(folder);
      const first = app.close();
      await app.close();
      lockFolder(folder).release();
      await first;
    }));

  it('says which port is taken, and gives the folder back', () =>
    inFolder(async (folder) => {
      const other = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => other.once('listening', resolve));
      const { port } = other.address() as AddressInfo;
      await expect(open(folder, { PORT: String(port) })).rejects.toMatchObject({
        code: 'misconfigured',
        message: expect.stringContaining(`port ${port} (EADDRINUSE)`) as unknown as string,
      });
      other.close();
      await (await open(folder)).close();
    }));
});
