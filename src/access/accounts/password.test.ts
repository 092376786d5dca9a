import { describe, expect, it } from '@jest/globals';
import { hashOfPassword, isPassword, newPassword, passwordFault } from './password.js';

describe('hashOfPassword', () => {
  it("is argon2id with OWASP's memory and passes, and knows a password however its letters are composed", async () => {
    const hashed = await hashOfPassword('caf\u00e9 au lait encore');
    expect(hashed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await isPassword('cafe\u0301 au lait encore', hashed)).toBe(true);
    expect(await isPassword('cafe au lait encore', hashed)).toBe(false);
    expect(await isPassword('x'.repeat(257), hashed)).toBe(false);
  });

  it('refuses when more than 50 wait', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 60 }, () => hashOfPassword('some words of mine')));
    const refused = asked.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(8);
    expect(refused[0]).toMatchObject({ reason: { code: 'too-many-requests' } });
  });
});

describe('passwordFault', () => {
  const of = (password: string) => passwordFault(password, { login: 'ada', before: 'the words before' });

  it('takes 12 to 256 characters, whatever they are', () => {
    for (const password of ['twelve chars', '漢字仮名交じり文十二文字', `${'abcdef'.repeat(42)}abcd`])
      expect(of(password)).toBeUndefined();
  });

  it('says what is wrong with one that is short, long, repeated, the login or that from before', () => {
    expect(of('eleven char')).toContain('at least 12');
    expect(of('abcdef'.repeat(43))).toContain('at most 256');
    expect(of('abcabcabcabc')).toContain('few characters');
    expect(of('I am Ada and I know it')).toContain('login name');
    expect(of('the words before')).toContain('from before');
  });
});

describe('newPassword', () => {
  it('is another each time, and one that would do', () => {
    expect(newPassword()).toMatch(/^([a-z2-9]{4}-){4}[a-z2-9]{4}$/);
    expect(newPassword()).not.toBe(newPassword());
  });
});
