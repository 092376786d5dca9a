import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { IncomingMessage } from 'node:http';
import { createClientOf } from './client-of.js';
import { createApiKeys, type ApiKeys, type NewApiKey } from './api-keys.js';
import { openAccessDatabase } from './database.js';
import { accessInMemory } from './testing/access-in-memory.js';

const DAY_MS = 86_400_000;
const ct: NewApiKey = {
  name: 'CT 1',
  permissions: ['write'],
  sees: { labels: ['ward-3'] },
  setsLabels: ['ward-3'],
  networks: [],
  expiresAt: undefined,
  madeBy: 'Anna',
};

const request = (authorization: string | undefined, remoteAddress = '10.2.0.7'): IncomingMessage =>
  ({ headers: { authorization }, socket: { remoteAddress } }) as unknown as IncomingMessage;
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const refused = { code: 'unauthenticated' };

let apiKeys: ApiKeys;
beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000_000 });
  ({ apiKeys } = accessInMemory());
});
afterEach(() => {
  jest.useRealTimers();
});

describe('createApiKeys', () => {
  it('lets a key in as Bearer and as Basic, with what it may do', async () => {
    const { id, key } = apiKeys.add(ct);
    const principal = {
      subject: id,
      issuer: 'dicom-ledger',
      name: 'CT 1',
      permissions: new Set(['write']),
      sees: { labels: ['ward-3'] },
      setsLabels: ['ward-3'],
      via: 'api-key',
    };
    expect(await apiKeys.way(request(`Bearer ${key}`))).toEqual(principal);
    expect(await apiKeys.way(request(basic(id, key)))).toEqual(principal);
  });

  it('says nothing of requests that have no key', async () => {
    expect(await apiKeys.way(request(undefined))).toBeUndefined();
    expect(await apiKeys.way(request('Bearer eyJhbGciOiJFUzI1NiJ9.e30.c2ln'))).toBeUndefined();
  });

  it('refuses every other text', async () => {
    const { id, key } = apiKeys.add(ct);
    const other = apiKeys.add(ct);
    const wrong = [
      ...[`Bearer dl_${id}_${'A'.repeat(43)}`, `Bearer ${key}A`, `Bearer dl_${id}_`, 'Bearer dl_'],
      `Bearer ${other.key.replace(other.id, id)}`,
      ...[
        basic(other.id, key),
        basic(id, `${key}:x`),
        basic('', key),
        basic(id, ''),
        basic('anna', 'secret'),
        'Basic !',
        'Basic',
      ],
    ];
    for (const text of wrong.slice(0, -2)) await expect(apiKeys.way(request(text))).rejects.toMatchObject(refused);
    for (const text of wrong.slice(-2)) expect(await apiKeys.way(request(text))).toBeUndefined();
  });

  it('accepts no key with a character changed', async () => {
    const { key } = apiKeys.add(ct);
    await fc.assert(
      fc.asyncProperty(fc.nat(key.length - 1), fc.constantFrom(...'AZaz09_-.'), async (at, character) => {
        const changed = key.slice(0, at) + character + key.slice(at + 1);
        const found = await apiKeys.way(request(`Bearer ${changed}`)).catch(() => undefined);
        expect(found === undefined).toBe(changed !== key);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a key from the moment it is revoked or has expired', async () => {
    const { id, key } = apiKeys.add(ct);
    const short = apiKeys.add({ ...ct, expiresAt: Date.now() + DAY_MS });
    expect(apiKeys.revoke(id)).toBe(true);
    expect(apiKeys.revoke(id)).toBe(false);
    await expect(apiKeys.way(request(`Bearer ${key}`))).rejects.toMatchObject(refused);
    jest.advanceTimersByTime(DAY_MS - 1);
    expect(await apiKeys.way(request(`Bearer ${short.key}`))).toBeDefined();
    jest.advanceTimersByTime(1);
    await expect(apiKeys.way(request(`Bearer ${short.key}`))).rejects.toMatchObject(refused);
  });

  it('lets a key in from its networks alone', async () => {
    const { key } = apiKeys.add({ ...ct, networks: ['10.2.0.0/16', '2001:db8::/32', '192.0.2.1'] });
    for (const address of ['10.2.255.255', '::ffff:10.2.0.1', '2001:db8::7', '192.0.2.1'])
      expect(await apiKeys.way(request(`Bearer ${key}`, address))).toBeDefined();
    for (const address of ['10.3.0.0', '::ffff:10.3.0.1', '2001:db9::', '192.0.2.2', ''])
      await expect(apiKeys.way(request(`Bearer ${key}`, address))).rejects.toMatchObject(refused);
  });

  it('takes the word of a declared proxy for where a key comes from, and of nobody else', async () => {
    const keys = createApiKeys(openAccessDatabase(':memory:'), {
      rolesOfKey: () => undefined,
      clientOf: createClientOf({ TRUST_PROXY: [], BEHIND_TLS_PROXY: 'on' }),
    });
    const [near, far] = [keys, apiKeys].map((one) => ({ one, key: one.add({ ...ct, networks: ['10.2.0.0/16'] }).key }));
    const forwarded = (key: string, addresses: string): IncomingMessage =>
      ({
        headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': addresses },
        socket: { remoteAddress: '127.0.0.1' },
      }) as unknown as IncomingMessage;
    expect(await near!.one.way(forwarded(near!.key, '192.0.2.9, 10.2.0.7'))).toBeDefined();
    await expect(near!.one.way(forwarded(near!.key, '10.2.0.7, 192.0.2.9'))).rejects.toMatchObject(refused);
    await expect(far!.one.way(forwarded(far!.key, '10.2.0.7'))).rejects.toMatchObject(refused);
  });

  it('knows when a key was last used, to the minute', async () => {
    const { key } = apiKeys.add(ct);
    expect(apiKeys.list()).toMatchObject([{ usedAt: undefined }]);
    const first = Date.now();
    await apiKeys.way(request(`Bearer ${key}`));
    jest.advanceTimersByTime(59_999);
    await apiKeys.way(request(`Bearer ${key}`));
    expect(apiKeys.list()).toMatchObject([{ usedAt: first }]);
    jest.advanceTimersByTime(1);
    await apiKeys.way(request(`Bearer ${key}`));
    expect(apiKeys.list()).toMatchObject([{ usedAt: first + 60_000 }]);
  });

  it('has no secret in its list or its table', () => {
    const database = openAccessDatabase(':memory:');
    const keys = createApiKeys(database, {
      rolesOfKey: () => undefined,
      clientOf: createClientOf({ TRUST_PROXY: [], BEHIND_TLS_PROXY: 'off' }),
    });
    const secret = keys.add(ct).key.split('_').slice(2).join('_');
    expect(JSON.stringify(keys.list())).not.toContain(secret);
    expect(JSON.stringify(database.prepare('SELECT * FROM api_key').all())).not.toContain(secret);
  });

  it('adds the roles of the roles file', async () => {
    const keys = createApiKeys(openAccessDatabase(':memory:'), {
      rolesOfKey: () => ({ permissions: new Set(['read']), sees: { labels: ['trial'] } }),
      clientOf: createClientOf({ TRUST_PROXY: [], BEHIND_TLS_PROXY: 'off' }),
    });
    const { key } = keys.add(ct);
    expect(await keys.way(request(`Bearer ${key}`))).toMatchObject({
      permissions: new Set(['write', 'read']),
      sees: { labels: ['trial'] },
    });
  });
});
