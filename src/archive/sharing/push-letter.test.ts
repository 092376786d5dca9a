import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { certificatePin } from '../../base/certificate-pin.js';
import { pushLetter } from './push-letter.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-push-'));
const at = (name: string): string => path.join(folder, name);
const { signal } = new AbortController();
const letter = randomBytes(100_000);

/** Certificates that nobody has signed. */
const names = ['right', 'other'] as const;
beforeAll(() => {
  for (const name of names)
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=nobody', '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)], // prettier-ignore
      { stdio: 'ignore' },
    );
});
afterAll(() => rmSync(folder, { recursive: true }));

const pinOf = (name: (typeof names)[number]) => certificatePin(new X509Certificate(readFileSync(at(`${name}.crt`))));

let server: Server;
let requests: number;
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A server with the right certificate. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  requests = 0;
  const tls = { key: readFileSync(at('right.key')), cert: readFileSync(at('right.crt')) };
  server = createServer(tls, (request, response) => {
    requests++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/ledger/letters`;
}

describe('pushLetter', () => {
  it('brings a letter to whoever has the key of the pin', async () => {
    let got: { method: string | undefined; type: string | undefined; body: Buffer } | undefined;
    const url = await serve((request, response) => {
      void buffer(request).then((body) => {
        got = { method: request.method, type: request.headers['content-type'], body };
        response.end('{}');
      });
    });
    await pushLetter(letter, { url, certificatePin: pinOf('right') }, { signal });
    expect(got).toEqual({ method: 'POST', type: 'application/octet-stream', body: letter });
  });

  it('sends nothing to whoever has another key', async () => {
    const url = await serve((_, response) => response.end());
    const pushed = pushLetter(letter, { url, certificatePin: pinOf('other') }, { signal });
    await expect(pushed).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`its card says ${pinOf('other')}`),
    });
    expect(requests).toBe(0);
  });

  it.each([
    [
      'refuses it',
      403,
      { detail: 'Nobody here has\ncompared the card.' },
      'it answered 403: Nobody here has compared the card.',
    ],
    ['leads elsewhere', 307, undefined, 'it answered 307'],
    ['gives no reason', 500, 'oops', 'it answered 500'],
  ])('says so when the other server %s', async (_, status, body, sentence) => {
    const url = await serve((request, response) => {
      request.resume();
      response.writeHead(status, { Location: 'https://127.0.0.1:1/' });
      response.end(JSON.stringify(body));
    });
    const pushed = pushLetter(letter, { url, certificatePin: pinOf('right') }, { signal });
    await expect(pushed).rejects.toThrow(sentence);
    expect(requests).toBe(1);
  });

  it('reads no endless answer, and waits for none', async () => {
    const endless = await serve((request, response) => {
      request.resume();
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
        if (!response.destroyed) response.once('drain', write);
      };
      write();
    });
    await expect(pushLetter(letter, { url: endless, certificatePin: pinOf('right') }, { signal })).rejects.toMatchObject({ code: 'unavailable' }); // prettier-ignore
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const silent = await serve((request) => void request.resume());
    const timeoutMs = { connect: 10_000, all: 500 };
    await expect(pushLetter(letter, { url: silent, certificatePin: pinOf('right') }, { signal, timeoutMs })).rejects.toMatchObject({ code: 'unavailable' }); // prettier-ignore
    expect(requests).toBe(1);
  });

  it('says that nobody listens there', async () => {
    const url = await serve((_, response) => response.end());
    await new Promise((resolve) => server.close(resolve));
    await expect(pushLetter(letter, { url, certificatePin: pinOf('right') }, { signal })).rejects.toThrow('ECONNREFUSED'); // prettier-ignore
    await serve((_, response) => response.end());
  });
});
