import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { accessInMemory } from './testing/access-in-memory.js';

const HOUR_MS = 3_600_000;
const study = { StudyInstanceUID: '1.2.3', hours: 2, maxUses: undefined, madeBy: 'Anna' };
const secretOf = (path: string): string => path.slice('/share/'.length);
const withCookie = (setCookie: string): IncomingMessage =>
  ({ headers: { cookie: setCookie.split(';')[0] } }) as IncomingMessage;

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000_000 });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('createShareLinks', () => {
  it('opens a session that sees the one study, and can only read', async () => {
    const { shareLinks, sessions } = accessInMemory();
    const { id, path } = shareLinks.add(study);
    const { cookie, StudyInstanceUID } = await shareLinks.open(secretOf(path));
    expect(StudyInstanceUID).toBe('1.2.3');
    expect(await sessions.way(withCookie(cookie))).toMatchObject({
      subject: `link-${id}`,
      permissions: new Set(['read']),
      sees: { studies: ['1.2.3'] },
      via: 'link',
    });
  });

  it('ends link and session at its hour', async () => {
    const { shareLinks, sessions } = accessInMemory();
    const { path } = shareLinks.add(study);
    jest.advanceTimersByTime(1.5 * HOUR_MS);
    const request = withCookie((await shareLinks.open(secretOf(path))).cookie);
    jest.advanceTimersByTime(0.5 * HOUR_MS - 1);
    expect(await sessions.way(request)).toBeDefined();
    expect(shareLinks.find(secretOf(path))).toBeDefined();
    jest.advanceTimersByTime(1);
    await expect(sessions.way(request)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(shareLinks.open(secretOf(path))).rejects.toMatchObject({ code: 'not-found' });
    expect(shareLinks.find(secretOf(path))).toBeUndefined();
  });

  it('opens as often as it may, and tells how often it was', async () => {
    const { shareLinks } = accessInMemory();
    const { path } = shareLinks.add({ ...study, maxUses: 2 });
    await shareLinks.open(secretOf(path));
    await shareLinks.open(secretOf(path));
    await expect(shareLinks.open(secretOf(path))).rejects.toMatchObject({ code: 'not-found' });
    expect(shareLinks.list()).toMatchObject([{ uses: 2, maxUses: 2 }]);
  });

  it('ends its sessions when it is revoked, and no others', async () => {
    const { shareLinks, sessions } = accessInMemory();
    const [one, two] = [shareLinks.add(study), shareLinks.add(study)];
    const [first, second] = [
      withCookie((await shareLinks.open(secretOf(one.path))).cookie),
      withCookie((await shareLinks.open(secretOf(two.path))).cookie),
    ];
    expect([shareLinks.revoke(one.id), shareLinks.revoke(one.id), shareLinks.revoke('none')]).toEqual([
      true,
      false,
      false,
    ]);
    await expect(sessions.way(first)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(shareLinks.open(secretOf(one.path))).rejects.toMatchObject({ code: 'not-found' });
    expect(await sessions.way(second)).toBeDefined();
    expect(shareLinks.list().map(({ id }) => id)).toEqual([two.id]);
  });

  it.each(['', 'x', 'A'.repeat(43), 'A'.repeat(10_000), "' OR 1=1 --"])('does not know %.20s', async (secret) => {
    const { shareLinks } = accessInMemory();
    shareLinks.add(study);
    expect(shareLinks.find(secret)).toBeUndefined();
    await expect(shareLinks.open(secret)).rejects.toMatchObject({ code: 'not-found' });
  });
});
