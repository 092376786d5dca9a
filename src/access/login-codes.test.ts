import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { accessInMemory } from './testing/access-in-memory.js';

const from = (remoteAddress: string, headers = {}): IncomingMessage =>
  ({ headers, socket: { remoteAddress } }) as unknown as IncomingMessage;
const here = from('127.0.0.1');
const codeOf = (path: string): string => path.slice('/login?code='.length);

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000_000 });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('createLoginCodes', () => {
  it('logs the local operator in, once', async () => {
    const { loginCodes, sessions } = accessInMemory();
    const code = codeOf(loginCodes.newPath());
    await loginCodes.redeem(code, here);
    expect(sessions.list()).toMatchObject([{ name: 'Local operator' }]);
    await expect(loginCodes.redeem(code, here)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('takes a code for 15 minutes', async () => {
    const { loginCodes } = accessInMemory();
    const [early, late] = [codeOf(loginCodes.newPath()), codeOf(loginCodes.newPath())];
    jest.advanceTimersByTime(15 * 60_000 - 1);
    await loginCodes.redeem(early, here);
    jest.advanceTimersByTime(1);
    await expect(loginCodes.redeem(late, here)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('takes none from another machine, or through a proxy, and does not use it up then', async () => {
    const { loginCodes } = accessInMemory();
    const code = codeOf(loginCodes.newPath());
    for (const request of [from('192.0.2.1'), from('127.0.0.1', { 'x-forwarded-for': '127.0.0.1' })])
      await expect(loginCodes.redeem(code, request)).rejects.toMatchObject({ code: 'forbidden' });
    await loginCodes.redeem(code, here);
  });

  it('keeps the newest 16', async () => {
    const { loginCodes } = accessInMemory();
    const codes = Array.from({ length: 17 }, () => codeOf(loginCodes.newPath()));
    await expect(loginCodes.redeem(codes[0]!, here)).rejects.toMatchObject({ code: 'forbidden' });
    await loginCodes.redeem(codes[1]!, here);
  });

  it.each(['', 'x', 'A'.repeat(43), 'A'.repeat(100_000)])('takes nothing that is no code: %.10s', async (code) => {
    const { loginCodes } = accessInMemory();
    loginCodes.newPath();
    await expect(loginCodes.redeem(code, here)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
