import type { IncomingMessage } from 'node:http';
import { createClientOf } from '../../../src/access/client-of.js';
import type { Door } from '../door.js';
import { requireThat, throwsOnly } from '../find.js';
import { mutateBytes } from '../mutate-bytes.js';
import { randomText } from '../random-text.js';

const clientOf = createClientOf({ TRUST_PROXY: ['192.0.2.10'], BEHIND_TLS_PROXY: 'off' });
const VALID =
  'for="[2001:db8::7]:4711";proto=http;host="a.example:80", for=198.51.100.7;by=_b;proto=https, for=192.0.2.10';
const CLIENT = { address: '203.0.113.1', protocol: 'https', host: 'pacs.example' };

/** Of both kinds of headers, what a proxy puts behind the text that the client has sent. */
const PROXY = {
  forwarded: { forwarded: 'for=203.0.113.1;proto=https;host=pacs.example' },
  usual: { 'x-forwarded-for': '203.0.113.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'pacs.example' },
};

/**
 * Forwarded and X-Forwarded headers: whatever a client sends, what the proxy says stands; alone they give a client within bounds, and
 * to whom is not believed they say nothing.
 */
export async function openForwardedDoor(): Promise<Door> {
  const ask = (peer: string, headers: Record<string, string>) =>
    throwsOnly(['bad-request'], () =>
      clientOf({ headers, socket: { remoteAddress: peer } } as unknown as IncomingMessage),
    );
  return {
    make: (random) => ({
      label: random.pick(['forwarded', 'usual']),
      bytes: random.once(4) ? Buffer.from(randomText(random, 20_000)) : mutateBytes(random, Buffer.from(VALID)),
    }),
    run: async ({ label, bytes }) => {
      const text = bytes.toString('latin1').replace(/[\r\n]/g, ' ');
      const proxy = Object.entries(PROXY[label as keyof typeof PROXY]);
      const alone = await ask('192.0.2.10', Object.fromEntries(proxy.map(([name]) => [name, text])));
      requireThat((alone?.address.length ?? 0) <= 64, 'An address is longer than an address can be.');
      const behind = await ask('192.0.2.10', Object.fromEntries(proxy.map(([name, own]) => [name, `${text}, ${own}`])));
      requireThat(JSON.stringify(behind) === JSON.stringify(CLIENT), 'A client has changed what the proxy says of it.');
      const other = await ask('192.0.2.11', Object.fromEntries(proxy.map(([name]) => [name, text])));
      requireThat(JSON.stringify(other) === '{"address":"192.0.2.11"}', 'Somebody was believed who is not listed.');
    },
    close: async () => undefined,
  };
}
