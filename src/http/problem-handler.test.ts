import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import pino from 'pino';
import request, { type Response } from 'supertest';
import { LedgerError, type ErrorCode } from '../base/errors.js';
import { silentLog } from '../base/log.js';
import { FAILURES } from './failures.js';
import { problemHandler } from './problem-handler.js';

function throwing(error: unknown): express.Express {
  const app = express();
  app.get('/things/:name', () => {
    throw error;
  });
  return app.use(problemHandler(silentLog));
}

const ask = (error: unknown, accept = '*/*'): Promise<Response> =>
  Promise.resolve(request(throwing(error)).get('/things/x').set('Accept', accept));

const secret = '/home/someone/data';
const statuses: Record<ErrorCode, number> = {
  unauthenticated: 401,
  misdirected: 421,
  'too-many-requests': 429,
  'bad-request': 400,
  forbidden: 403,
  'site-not-admitted': 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'not-acceptable': 406,
  conflict: 409,
  gone: 410,
  'precondition-failed': 412,
  'length-required': 411,
  'too-large': 413,
  'unsupported-media-type': 415,
  'range-not-satisfiable': 416,
  corrupt: 500,
  internal: 500,
  misconfigured: 500,
  'chain-refused': 500,
  'not-implemented': 501,
  unavailable: 503,
  'out-of-space': 503,
  locked: 503,
};

describe('problemHandler', () => {
  for (const [code, status] of Object.entries(statuses) as [ErrorCode, number][])
    it(`answers ${code} with ${status}`, async () => {
      const message = FAILURES[code].detail === undefined ? 'A sentence.' : secret;
      const response = await ask(new LedgerError(code, message));
      const { headers } = response;
      expect(response.status).toBe(status);
      expect(headers['content-type']).toBe('application/problem+json');
      expect(headers['retry-after']).toBe(status === 503 || status === 429 ? '5' : undefined);
      const instance = expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/) as unknown;
      const detail = FAILURES[code].detail ?? 'A sentence.';
      expect(response.body).toEqual({
        type: 'about:blank',
        title: FAILURES[code].title,
        status,
        detail,
        instance,
        code,
      });
    });

  it('gives nothing of what was not foreseen', async () => {
    const { status, text } = await ask(new TypeError(`${secret} is not a function`));
    expect(status).toBe(500);
    expect(text).not.toContain(secret);
    expect(text).not.toContain('problem.test');
  });

  it('writes plain text for whoever prefers text', async () => {
    for (const accept of ['text/plain', 'text/html,*/*;q=0.8', 'text/*']) {
      const { headers, text } = await ask(new LedgerError('gone', 'It is away.'), accept);
      expect(headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(text).toBe('Gone: It is away.\n');
    }
    const { headers } = await ask(new LedgerError('gone', 'It is away.'), 'application/dicom+json');
    expect(headers['content-type']).toBe('application/problem+json');
  });

  for (const [code, details, header, value] of [
    ['method-not-allowed', { allow: ['GET', 'HEAD'] }, 'allow', 'GET, HEAD'],
    ['not-implemented', { allow: ['GET', 'HEAD'] }, 'allow', 'GET, HEAD'],
    ['not-implemented', { allow: [] }, 'allow', ''],
    ['unsupported-media-type', { accept: ['image/png', 'image/jpeg'] }, 'accept', 'image/png, image/jpeg'],
    ['range-not-satisfiable', { byteCount: 12 }, 'content-range', 'bytes */12'],
    ['unauthenticated', { challenge: 'Basic realm="x"' }, 'www-authenticate', 'Basic realm="x"'],
    ['unavailable', { retryAfterS: 30 }, 'retry-after', '30'],
  ] as const)
    it(`sets ${header} for ${code}`, async () => {
      const { headers } = await ask(new LedgerError(code, 'A sentence.', { details }));
      expect(headers[header]).toBe(value);
    });

  it('does not log what is not there as a fault', async () => {
    const lines: string[] = [];
    const logged = new PassThrough().on('data', (line: Buffer) => lines.push(line.toString()));
    const app = express();
    app.get('/:code', ({ params }) => {
      throw new LedgerError(params.code as ErrorCode, 'A sentence.');
    });
    app.use(problemHandler(pino({ level: 'info' }, logged)));
    await request(app).get('/not-implemented');
    expect(lines).toEqual([]);
    await request(app).get('/corrupt');
    expect(lines).toHaveLength(1);
  });

  it('takes a URL with a broken escape as a bad request', async () => {
    const response = await request(throwing(new Error('not reached'))).get('/things/%E0%A4');
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ code: 'bad-request' });
  });

  it('takes back what a route has set for the answer that is not given', async () => {
    const app = express();
    app.get('/', (_request, response) => {
      response.set({ 'Content-Length': '5', ETag: '"x"', Location: 'http://h/' });
      throw new LedgerError('unavailable', 'Later.');
    });
    const response = await request(app.use(problemHandler(silentLog))).get('/');
    const { headers } = response;
    expect(response.body).toMatchObject({ status: 503 });
    expect(headers).not.toHaveProperty('etag');
    expect(headers).not.toHaveProperty('location');
  });

  it('breaks off an answer that has begun', async () => {
    const app = express();
    app.get('/', (_request, response) => {
      response.set('Content-Length', '100').write('half');
      throw new LedgerError('corrupt', 'Not the bytes.');
    });
    await expect(request(app.use(problemHandler(silentLog))).get('/')).rejects.toThrow(/aborted|hang up/);
  });
});
