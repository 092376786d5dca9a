import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { localTokenFile, localTokenWay, openLocalToken } from './local-token.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'local-token-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('openLocalToken', () => {
  it('makes a token that no other user can read, and finds it again', async () => {
    const token = await openLocalToken(folder);
    expect(token).toMatch(/^dl_local_[\w-]{43}$/);
    expect(await openLocalToken(folder)).toBe(token);
    expect(readFileSync(localTokenFile(folder), 'utf8').trim()).toBe(token);
    expect(statSync(localTokenFile(folder)).mode & 0o777).toBe(0o600);
  });

  it.each(['', 'dl_local_short', 'secret'])('takes no file with "%s" in it for one', async (text) => {
    writeFileSync(localTokenFile(folder), text);
    await expect(openLocalToken(folder)).rejects.toMatchObject({ code: 'misconfigured' });
  });
});

describe('localTokenWay', () => {
  const token = `dl_local_${'a'.repeat(43)}`;
  const ask = (Authorization: string | undefined, remoteAddress = '127.0.0.1', others: object = {}) =>
    localTokenWay(token)({
      headers: { ...(Authorization !== undefined && { authorization: Authorization }), ...others },
      socket: { remoteAddress },
    } as unknown as IncomingMessage);

  it.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])(
    'lets the token in from %s, to do everything',
    async (from) => {
      expect(await ask(`Bearer ${token}`, from)).toMatchObject({ via: 'local-token', sees: 'everything' });
      expect([...(await ask(`bearer  ${token}`, from))!.permissions]).toEqual([
        'read',
        'write',
        'retire',
        'audit',
        'admin',
      ]);
    },
  );

  it.each<[string, string | undefined]>([
    ['none', undefined],
    ['a token of another kind', 'Bearer eyJhbGciOiJSUzI1NiJ9.e30.x'],
    ['a password', 'Basic bG9jYWw6bG9jYWw='],
  ])('knows nobody by %s', async (_, authorization) => {
    expect(await ask(authorization)).toBeUndefined();
  });

  it('refuses another token, and the token from elsewhere or by a proxy', async () => {
    const refused = { code: 'unauthenticated' };
    await expect(ask(`Bearer dl_local_${'b'.repeat(43)}`)).rejects.toMatchObject(refused);
    await expect(ask(`Bearer ${token}`, '10.0.0.7')).rejects.toMatchObject(refused);
    await expect(ask(`Bearer ${token}`, '127.0.0.1', { 'x-forwarded-for': '10.0.0.7' })).rejects.toMatchObject(refused);
    await expect(ask(`Bearer ${token}`, '127.0.0.1', { forwarded: 'for=10.0.0.7' })).rejects.toMatchObject(refused);
  });
});
