import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { LedgerError } from '../base/errors.js';
import { createAuthenticate } from './authenticate.js';
import { whoever } from './testing/whoever.js';

const request = {} as IncomingMessage;

describe('createAuthenticate', () => {
  it('lets in nobody whom no way knows', async () => {
    for (const ways of [[], [async () => undefined]])
      await expect(createAuthenticate(ways)(request)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('asks no further way about a credential that is wrong', async () => {
    const wrong = async (): Promise<never> => {
      throw new LedgerError('unauthenticated', 'Wrong.');
    };
    await expect(createAuthenticate([wrong, async () => whoever()])(request)).rejects.toThrow('Wrong.');
  });

  it('takes the word of the first way that knows the caller', async () => {
    const ways = ['first', 'second'].map((name) => async () => whoever({ name }));
    expect(await createAuthenticate([async () => undefined, ...ways])(request)).toMatchObject({ name: 'first' });
  });
});
