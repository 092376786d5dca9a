import type { IncomingMessage } from 'node:http';
import { createAuthenticate } from '../../../src/access/authenticate.js';
import { rolesFileFaults } from '../../../src/access/roles-file-faults.js';
import { accessInMemory } from '../../../src/access/testing/access-in-memory.js';
import { whoever } from '../../../src/access/testing/whoever.js';
import { checkedReturnPath } from '../../../src/access/oidc/checked-return-path.js';
import { makeKey } from '../../../src/http/access/make-key.js';
import type { Choices } from '../choices.js';
import type { Door } from '../door.js';
import { requireThat, throwsNothing, throwsOnly } from '../find.js';
import { mutateBytes } from '../mutate-bytes.js';
import { randomText } from '../random-text.js';

const KEY = {
  name: 'CT',
  permissions: ['read'],
  sees: ['a'],
  setsLabels: ['a'],
  networks: ['10.0.0.0/8'],
  expiresInDays: 7,
};
const ROLES = {
  claim: 'a.b',
  roles: { r: { permissions: ['read'], sees: ['x'] } },
  groups: { g: ['r'] },
  keys: { k: ['r'] },
};

/**
 * Cookies, API keys, one-time codes, secrets of links, paths to return to, and the JSON of keys and roles, damaged: nobody is let in
 * by what differs from a valid one, nobody is led elsewhere, and every fault is a sentence.
 */
export async function openCredentialDoor(): Promise<Door> {
  const { sessions, apiKeys, loginCodes, shareLinks } = accessInMemory();
  const operator = whoever();
  const here = { headers: {}, socket: { remoteAddress: '127.0.0.1' } };
  const cookie = (await sessions.open(operator)).split(';')[0]!;
  const { key, id } = apiKeys.add({
    ...KEY,
    permissions: ['read'],
    sees: 'everything',
    networks: [],
    expiresAt: undefined,
    madeBy: 'x',
  });
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  const code = loginCodes.newPath().slice('/login?code='.length);
  const link = shareLinks
    .add({ StudyInstanceUID: '1.2', hours: 168, maxUses: undefined, madeBy: 'x' })
    .path.slice('/share/'.length);
  const authenticate = createAuthenticate([apiKeys.way, sessions.way]);
  const ask = (headers: object) => authenticate({ ...here, headers } as unknown as IncomingMessage);

  /** Whether anybody is let in by a text in the place of a valid one. */
  const credentials: Record<string, { valid: string; opens: (text: string) => Promise<unknown> }> = {
    cookie: { valid: cookie, opens: (text) => throwsOnly(['unauthenticated'], () => ask({ cookie: text })) },
    bearer: {
      valid: `Bearer ${key}`,
      opens: (text) => throwsOnly(['unauthenticated'], () => ask({ authorization: text })),
    },
    basic: {
      valid: basic(`${id}:${key}`),
      opens: (text) => throwsOnly(['unauthenticated'], () => ask({ authorization: text })),
    },
    code: {
      valid: code,
      opens: (text) => throwsOnly(['forbidden'], () => loginCodes.redeem(text, here as IncomingMessage)),
    },
    link: { valid: link, opens: (text) => throwsOnly(['not-found'], () => shareLinks.open(text)) },
  };
  /** The same credential in another spelling that HTTP allows: RFC 9110 §11.1, RFC 6265 §5.4, RFC 4648 §3.5. */
  const meansTheSame = (label: string, text: string): boolean => {
    if (label === 'cookie') return text.includes(cookie);
    if (label === 'bearer') return /^bearer +/i.test(text) && text.trim().endsWith(key);
    if (label === 'basic') {
      const [, base64 = ''] = /^basic +(.*)$/i.exec(text) ?? [];
      return Buffer.from(base64, 'base64').toString() === `${id}:${key}`;
    }
    return text === credentials[label]!.valid;
  };
  const parsed = (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  };
  const readers: Record<string, { valid: string; read: (text: string) => unknown }> = {
    returnPath: {
      valid: '/viewer?StudyInstanceUIDs=1.2#a',
      read: (text) => {
        const path = checkedReturnPath(text);
        requireThat(new URL(path, 'http://here').origin === 'http://here', 'A path to return to leads elsewhere.');
        requireThat(/^\/(?![/\\])[\x21-\x7e]*$/.test(path), 'A path to return to has more than a path may have.');
      },
    },
    key: {
      valid: JSON.stringify(KEY),
      read: (text) => {
        const values = parsed(text);
        if (typeof values !== 'object' || values === null) return;
        const { id: made } = makeKey(apiKeys, values as Record<string, unknown>, operator);
        apiKeys.revoke(made);
      },
    },
    roles: { valid: JSON.stringify(ROLES), read: (text) => rolesFileFaults(parsed(text)) },
  };
  const valid = (label: string): string => (credentials[label] ?? readers[label])!.valid;
  return {
    make: (random: Choices) => {
      const label = random.pick([...Object.keys(credentials), ...Object.keys(readers)]);
      const bytes = random.once(4)
        ? Buffer.from(randomText(random, 20_000))
        : mutateBytes(random, Buffer.from(valid(label)));
      return { label, bytes };
    },
    run: async ({ label, bytes }) => {
      const text = bytes.toString('utf8');
      const reader = readers[label];
      if (reader !== undefined) return throwsOnly(['bad-request', 'conflict'], () => reader.read(text));
      if (meansTheSame(label, text)) return undefined;
      const opened = await credentials[label]!.opens(text);
      requireThat(opened === undefined, `Somebody was let in by a damaged ${label}.`);
      return undefined;
    },
    inspect: async () => {
      await throwsNothing(() => ask({ cookie }));
      await throwsNothing(() => ask({ authorization: `Bearer ${key}` }));
    },
    close: async () => undefined,
  };
}
