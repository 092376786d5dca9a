import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { createClientOf } from '../../access/client-of.js';
import { whoever } from '../../access/testing/whoever.js';
import { LedgerError } from '../../base/errors.js';
import { limitFailedLogins } from './limit-failed-logins.js';

function bed({ BEHIND_TLS_PROXY = 'off' }: { BEHIND_TLS_PROXY?: 'on' | 'off' } = {}) {
  const asked: string[] = [];
  const authenticate = limitFailedLogins(
    async ({ headers: { authorization = '' } }) => {
      asked.push(authorization);
      if (authorization.startsWith('right')) return whoever();
      throw new LedgerError('unauthenticated', 'Wrong.');
    },
    { clientOf: createClientOf({ TRUST_PROXY: [], BEHIND_TLS_PROXY }) },
  );
  const codeOf = async (
    authorization: string | undefined,
    address = '192.0.2.1',
    forwarded?: string,
  ): Promise<string> => {
    const headers = { authorization, 'x-forwarded-for': forwarded };
    const request = { headers, socket: { remoteAddress: address } } as unknown as IncomingMessage;
    return authenticate(request).then(
      () => 'in',
      (error: LedgerError) => error.code,
    );
  };
  return { codeOf, asked };
}

describe('limitFailedLogins', () => {
  it('asks no more for an address that was wrong thirty times', async () => {
    const { codeOf, asked } = bed();
    for (let time = 0; time < 30; time++) expect(await codeOf(`wrong ${time}`)).toBe('unauthenticated');
    asked.length = 0;
    expect([await codeOf('right, but new'), asked]).toEqual(['too-many-requests', []]);
    expect(await codeOf('right', '192.0.2.2')).toBe('in');
  });

  it('lets in who was in before, from the same address', async () => {
    const { codeOf } = bed();
    expect(await codeOf('right')).toBe('in');
    for (let time = 0; time < 40; time++) await codeOf(`wrong ${time}`);
    expect([await codeOf('right'), await codeOf('right again')]).toEqual(['in', 'too-many-requests']);
  });

  it('counts one that is wrong once, however often it comes, and none at all not', async () => {
    const { codeOf } = bed();
    for (let time = 0; time < 40; time++)
      expect([await codeOf('ended'), await codeOf(undefined)]).toEqual(['unauthenticated', 'unauthenticated']);
    expect(await codeOf('right')).toBe('in');
  });

  it('does not count programs of this machine, but those whom a proxy names', async () => {
    const direct = bed();
    const proxied = bed({ BEHIND_TLS_PROXY: 'on' });
    for (let time = 0; time < 40; time++) {
      await direct.codeOf(`wrong ${time}`, '127.0.0.1', '192.0.2.1');
      await proxied.codeOf(`wrong ${time}`, '127.0.0.1', `192.0.2.${time}, 192.0.2.77`);
    }
    expect(await direct.codeOf('right', '127.0.0.1', '192.0.2.1')).toBe('in');
    expect(await proxied.codeOf('right', '127.0.0.1', '192.0.2.77')).toBe('too-many-requests');
    expect(await proxied.codeOf('right', '127.0.0.1', '192.0.2.77, 192.0.2.1')).toBe('in');
  });
});
