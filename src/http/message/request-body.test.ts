import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { prepareServer } from './request-body.js';
import { multipartOf, stored, uploadApp, type UploadApp } from '../testing/upload-app.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Client {
  socket: Socket;
  /** Resolves once the answer so far matches; rejects when the connection ends before. */
  until(pattern: RegExp): Promise<string>;
}

async function clientOf({ app }: UploadApp, options?: { lingerMs: number }): Promise<Client> {
  server = createServer({ maxHeaderSize: 65_536 }, app);
  prepareServer(server, app, options);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  socket.on('data', (bytes) => (text += bytes.toString())).on('error', () => undefined);
  return {
    socket,
    until: async (pattern) => {
      while (!pattern.test(text)) {
        const closed = once(socket, 'close').then(() => 'closed');
        const came = once(socket, 'data').then(() => 'data');
        if ((await Promise.race([closed, came])) === 'closed') {
          if (pattern.test(text)) break;
          throw new Error(`The connection ended after: ${text}`);
        }
      }
      return text;
    },
  };
}

const head = (headers: Record<string, string | number>): string =>
  `POST /dicom-web/studies HTTP/1.1\r\nHost: h\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;
const related = { 'Content-Type': 'multipart/related; type=application/dicom; boundary=b' };
const body = multipartOf([stored(), stored('1.2.4')]);
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

describe('prepareServer and expectBody', () => {
  it('lets a client that waits for it send its body', async () => {
    const client = await clientOf(uploadApp());
    client.socket.write(head({ ...related, 'Content-Length': body.length, Expect: '100-continue' }));
    expect(await client.until(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.socket.write(body);
    expect(await client.until(/HTTP\/1\.1 200 OK/)).toContain('200 OK');
  });

  for (const [status, headers] of [
    [415, { 'Content-Type': 'text/plain', 'Content-Length': 10 }],
    [413, { 'Content-Type': 'application/dicom', 'Content-Length': 1001 }],
    [406, { ...related, 'Content-Length': 10, Accept: 'text/plain' }],
  ] as const) {
    it(`answers ${status} before a body that waits for 100 Continue`, async () => {
      const client = await clientOf(uploadApp());
      client.socket.write(head({ ...headers, Expect: '100-continue' }));
      expect(await client.until(/\r\n\r\n/)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    });
    it(`answers ${status} before the body has come`, async () => {
      const client = await clientOf(uploadApp());
      client.socket.write(head(headers));
      expect(await client.until(/\r\n\r\n/)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    });
  }

  it('cuts a client that goes on sending after it was refused', async () => {
    const client = await clientOf(uploadApp(), { lingerMs: 50 });
    // A write that meets the cut fails with EPIPE or ECONNRESET, which is what a cut looks like to a client.
    const closed = new Promise((resolve) => client.socket.on('error', () => undefined).once('close', resolve));
    client.socket.write(head({ 'Content-Type': 'text/plain', 'Transfer-Encoding': 'chunked' }));
    const sending = setInterval(() => client.socket.write(chunk('more')), 5);
    expect(await client.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 415 /);
    await closed.finally(() => clearInterval(sending));
  });

  it('cuts a client that goes on sending a gzip body that is none', async () => {
    const client = await clientOf(uploadApp(), { lingerMs: 50 });
    const closed = new Promise((resolve) => client.socket.on('error', () => undefined).once('close', resolve));
    const gzip = { 'Content-Type': 'application/dicom', 'Content-Encoding': 'gzip' };
    client.socket.write(head({ ...gzip, 'Transfer-Encoding': 'chunked' }));
    const sending = setInterval(() => client.socket.write(chunk('no gzip')), 5);
    expect(await client.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 400 /);
    await closed.finally(() => clearInterval(sending));
  });

  it('takes a chunked body, however it is cut, and the next request on the same connection', async () => {
    const uploads = uploadApp();
    const client = await clientOf(uploads);
    for (const at of [1, 30]) {
      client.socket.write(head({ ...related, 'Transfer-Encoding': 'chunked' }));
      for (let from = 0; from < body.length; from += at) client.socket.write(chunk(body.slice(from, from + at)));
      client.socket.write(chunk('\r\nepilogue'));
      client.socket.write('0\r\n\r\n');
    }
    await client.until(/HTTP\/1\.1 200 OK[^]*HTTP\/1\.1 200 OK/);
    expect(uploads.received).toHaveLength(4);
  });

  it('takes headers of 60 KB', async () => {
    const client = await clientOf(uploadApp());
    client.socket.write(head({ ...related, 'Content-Length': body.length, 'X-Long': 'x'.repeat(60_000) }) + body);
    expect(await client.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('keeps what was complete when a client breaks off, and nothing half', async () => {
    const uploads = uploadApp();
    const client = await clientOf(uploads);
    client.socket.write(head({ ...related, 'Content-Length': body.length }) + body.slice(0, -20));
    while (uploads.received.length < 1) await new Promise((resolve) => setImmediate(resolve));
    const ended = once(server as Server, 'connection').then(() => undefined);
    client.socket.destroy();
    // The server goes on: a second client is served.
    const port = (server as Server).address() as AddressInfo;
    const second = connect(port.port, '127.0.0.1');
    await ended;
    second.write(head({ ...related, 'Content-Length': body.length }) + body);
    const [answer] = (await once(second, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
    expect(uploads.received.map((part) => part.body)).toEqual(
      [stored(), stored(), stored('1.2.4')].map((outcome) => JSON.stringify(outcome)),
    );
    second.destroy();
  });

  it('keeps no half file of a form that is cut off', async () => {
    const uploads = uploadApp();
    const client = await clientOf(uploads);
    const file = (name: string): string =>
      `--b\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\nContent-Type: image/png\r\n\r\nxyz`;
    const form = `${file('a.png')}\r\n${file('b.png')}`;
    const headers = head({ 'Content-Type': 'multipart/form-data; boundary=b', 'Content-Length': form.length + 10 });
    client.socket.write(headers.replace('/studies', '/patients/P/images') + form);
    while (uploads.received.length < 1) await new Promise((resolve) => setImmediate(resolve));
    client.socket.destroy();
    await new Promise<void>((resolve) => (server as Server).close(() => resolve()));
    expect(uploads.received.map(({ image }) => image?.fileName)).toEqual(['a.png']);
  });

  it('cuts a client that goes on sending less than 64 KiB a second', async () => {
    const uploads = uploadApp({ idleMs: 80 });
    const client = await clientOf(uploads);
    // A write that meets the cut fails, and `once` would reject with it.
    const closed = new Promise((resolve) => client.socket.on('error', () => undefined).once('close', resolve));
    client.socket.write(head({ ...related, 'Transfer-Encoding': 'chunked' }));
    const trickle = setInterval(() => client.socket.write(chunk('-')), 5);
    await closed.finally(() => clearInterval(trickle));
    expect(uploads.received).toEqual([]);
  });

  it('cuts a client that sends nothing for idleMs', async () => {
    const uploads = uploadApp({ idleMs: 80 });
    const client = await clientOf(uploads);
    client.socket.write(head({ ...related, 'Content-Length': body.length }) + body.slice(0, -20));
    await once(client.socket, 'close');
    expect(uploads.received).toHaveLength(1);
  });

  it('does not cut a slow client that keeps sending', async () => {
    const client = await clientOf(uploadApp({ idleMs: 400, maxInstanceBytes: 2 ** 30 }));
    client.socket.write(head({ ...related, 'Content-Length': body.length }));
    const step = Math.ceil(body.length / 12);
    for (let from = 0; from < body.length; from += step) {
      client.socket.write(body.slice(from, from + step));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await client.until(/HTTP/)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('sets the time limits that a long store needs', async () => {
    await clientOf(uploadApp());
    expect(server).toMatchObject({ requestTimeout: 0, timeout: 0, headersTimeout: 20_000, keepAliveTimeout: 65_000 });
  });
});
