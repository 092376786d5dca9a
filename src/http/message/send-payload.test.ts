import { describe, expect, it } from '@jest/globals';
import express from 'express';
import { createServer, get as httpGet } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { LedgerError } from '../../base/errors.js';
import { silentLog } from '../../base/log.js';
import { problemHandler } from '../problem-handler.js';
import { sendPayload } from './send-payload.js';

const text = '0123456789abcd';

function serve(
  open: (from?: number) => AsyncIterable<Buffer>,
  byteCount: number | undefined,
  etag: string | undefined = 'v1',
) {
  const app = express();
  app.set('etag', false);
  app.get('/', (req, res) =>
    sendPayload(req, res, {
      payload: { mediaType: 'application/octet-stream', byteCount, etag, open },
    }),
  );
  app.use(problemHandler(silentLog));
  return app;
}

async function* chunks(...list: string[]): AsyncGenerator<Buffer> {
  for (const chunk of list) yield Buffer.from(chunk);
}

/** In buffers of five bytes. */
const pieces = (from = 0): AsyncGenerator<Buffer> => chunks(...(text.slice(from).match(/.{1,5}/g) ?? []));
const app = serve(pieces, text.length);
const bodyOf = (response: request.Response) => (response.body as Buffer).toString();

describe('sendPayload', () => {
  it.each<[string, number, string | undefined, string]>([
    ['bytes=0-4', 206, 'bytes 0-4/14', '01234'],
    ['bytes=4-9', 206, 'bytes 4-9/14', '456789'],
    ['bytes=5-5', 206, 'bytes 5-5/14', '5'],
    ['bytes=13-', 206, 'bytes 13-13/14', 'd'],
    ['bytes=0-', 206, 'bytes 0-13/14', text],
    ['bytes=-3', 206, 'bytes 11-13/14', 'bcd'],
    ['bytes=10-99', 206, 'bytes 10-13/14', 'abcd'],
    ['bytes=0-1,5-6', 200, undefined, text],
    ['lines=0-1', 200, undefined, text],
    ['bytes=x', 200, undefined, text],
  ])('answers Range %s with %i', async (range, status, contentRange, expected) => {
    const response = await request(app).get('/').set('Range', range).responseType('blob');
    expect([response.status, response.headers['content-range'], bodyOf(response)]).toEqual([
      status,
      contentRange,
      expected,
    ]);
    expect(response.headers['content-length']).toBe(String(expected.length));
  });

  it('answers a range beyond the end with 416 and the size', async () => {
    const response = await request(app).get('/').set('Range', 'bytes=14-');
    expect([response.status, response.headers['content-range']]).toEqual([416, 'bytes */14']);
    expect(response.headers.etag).toBeUndefined();
  });

  it('gives a range of the same version only', async () => {
    const whole = await request(app).get('/');
    const etag = whole.headers.etag as string;
    const range = request(app).get('/').set('Range', 'bytes=0-0');
    expect((await range.set('If-Range', etag)).status).toBe(206);
    expect((await request(app).get('/').set('Range', 'bytes=0-0').set('If-Range', '"other"')).status).toBe(200);
  });

  it('answers 304 to a client that has this version, in a list and for *', async () => {
    const etag = (await request(app).get('/')).headers.etag as string;
    for (const known of [etag, `"a", ${etag}`, '*'])
      expect((await request(app).get('/').set('If-None-Match', known)).status).toBe(304);
    expect((await request(app).get('/').set('If-None-Match', '"a"')).status).toBe(200);
  });

  it('reads nothing for HEAD', async () => {
    let opened = 0;
    const counting = serve(() => {
      opened++;
      return chunks(text);
    }, text.length);
    const response = await request(counting).head('/');
    expect([response.status, response.headers['content-length'], opened]).toEqual([200, '14', 0]);
  });

  it('sends an unknown size in chunks, without ranges', async () => {
    const response = await request(serve(() => chunks('ab', 'cd'), undefined))
      .get('/')
      .set('Range', 'bytes=0-0')
      .responseType('blob');
    expect([response.status, bodyOf(response), response.headers['accept-ranges']]).toEqual([200, 'abcd', undefined]);
  });

  it('turns a failure before the first byte into a status', async () => {
    const failing = serve(async function* () {
      yield* chunks();
      throw new LedgerError('unavailable', 'No node answers.');
    }, 5);
    const response = await request(failing).get('/');
    expect([response.status, response.headers['retry-after']]).toEqual([503, '5']);
  });

  it('breaks off an answer that fails or ends early, so that nobody takes half for the whole', async () => {
    const megabyte = 'a'.repeat(1024 * 1024);
    const failing = serve(async function* () {
      yield* chunks(megabyte, 'b');
      throw new LedgerError('corrupt', 'Wrong bytes.');
    }, 2 * megabyte.length);
    await expect(request(failing).get('/')).rejects.toThrow(/aborted|hang up/);
    const short = serve(() => chunks(megabyte, 'b'), megabyte.length + 2);
    await expect(request(short).get('/')).rejects.toThrow(/aborted|hang up/);
  });

  it('turns a failure before an answer has begun into a status, also after the first bytes', async () => {
    const response = await request(serve(() => chunks('a', 'b', 'c'), 4)).get('/');
    expect([response.status, response.type]).toEqual([500, 'application/problem+json']);
    expect(response.headers.etag).toBeUndefined();
  });

  it('stops reading when the client goes away', async () => {
    let read = 0;
    const ended = new Promise<void>((resolve) => {
      const endless = async function* () {
        try {
          for (;;) {
            read++;
            yield Buffer.alloc(64 * 1024);
          }
        } finally {
          resolve();
        }
      };
      const server = createServer(serve(endless, 2 ** 40)).listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        const client = httpGet({ port, host: '127.0.0.1' }, (answer) => {
          answer.once('data', () => client.destroy());
        });
        client.on('error', () => {});
        client.on('close', () => server.close());
      });
    });
    await ended;
    expect(read).toBeLessThan(1000);
  });
});
