import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { LedgerError } from '../base/errors.js';
import { createClientOf, type Client } from './client-of.js';

type Headers = Record<string, string>;

const requestOf = (peer: string, headers: Headers): IncomingMessage =>
  ({ headers, socket: { remoteAddress: peer } }) as unknown as IncomingMessage;

const TRUSTED = ['192.0.2.10', '10.1.0.0/16', '2001:db8:1::/48'];

function clientBehind(peer: string, headers: Headers): Client {
  return createClientOf({ TRUST_PROXY: TRUSTED, BEHIND_TLS_PROXY: 'off' })(requestOf(peer, headers));
}

describe('createClientOf', () => {
  it.each<[string, string, Headers]>([
    ['nobody', '198.51.100.7', { 'x-forwarded-for': '203.0.113.1', 'x-forwarded-proto': 'https' }],
    ['a neighbour of a proxy', '192.0.2.11', { forwarded: 'for=203.0.113.1;proto=https;host=evil.example' }],
    ['one outside the network', '10.2.0.1', { 'x-forwarded-host': 'evil.example' }],
  ])('believes nothing of %s', (_who, peer, headers) => {
    expect(clientBehind(peer, headers)).toEqual({ address: peer });
  });

  it('believes nobody by default', () => {
    const clientOf = createClientOf({ TRUST_PROXY: [], BEHIND_TLS_PROXY: 'off' });
    const headers = { 'x-forwarded-for': '203.0.113.1', forwarded: 'for=203.0.113.1', 'x-forwarded-proto': 'https' };
    expect(clientOf(requestOf('::ffff:127.0.0.1', headers))).toEqual({ address: '127.0.0.1' });
  });

  // RFC 7239 §4 and §6
  it.each<[string, Client]>([
    ['for=203.0.113.1', { address: '203.0.113.1' }],
    ['For="203.0.113.1:4711";Proto=HTTPS', { address: '203.0.113.1', protocol: 'https' }],
    ['for="[2001:db8:cafe::17]:4711"', { address: '2001:db8:cafe::17' }],
    ['for=unknown;proto=http', { address: 'unknown', protocol: 'http' }],
    ['for=_gazonk', { address: '_gazonk' }],
    ['by=192.0.2.10;host="pacs.example:8443" ; for=203.0.113.1', { address: '203.0.113.1', host: 'pacs.example:8443' }],
    ['proto=https;secret="a,b;c=\\"d"', { address: '192.0.2.10', protocol: 'https' }],
    ['proto=gopher', { address: '192.0.2.10' }],
    ['', { address: '192.0.2.10' }],
    [';;=,', { address: '192.0.2.10' }],
    ['for="203.0.113.1', { address: '192.0.2.10' }],
    // What the client has sent swallows nothing of what the proxy puts behind it.
    ['for=", for=203.0.113.1', { address: '203.0.113.1' }],
    ['for="\\, for=203.0.113.1', { address: '203.0.113.1' }],
    ['a\\, for=203.0.113.1', { address: '203.0.113.1' }],
    ['for="a, for="[2001:db8::1]:47"', { address: '2001:db8::1' }],
  ])('reads Forwarded: %s', (forwarded, client) => {
    expect(clientBehind('192.0.2.10', { forwarded })).toEqual(client);
  });

  it.each<[Headers, Client]>([
    [{ 'x-forwarded-for': '203.0.113.1' }, { address: '203.0.113.1' }],
    [{ 'x-forwarded-for': '", 203.0.113.1' }, { address: '203.0.113.1' }],
    [{ 'x-forwarded-proto': 'https' }, { address: '10.1.2.3', protocol: 'https' }],
    [
      { 'x-forwarded-for': '2001:db8::5', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'pacs.example' },
      { address: '2001:db8::5', protocol: 'https', host: 'pacs.example' },
    ],
    // What the client itself has sent stands before.
    [{ 'x-forwarded-for': '127.0.0.1, 203.0.113.1' }, { address: '203.0.113.1' }],
    [
      { 'x-forwarded-for': '203.0.113.1', 'x-forwarded-host': 'evil.example, pacs.example' },
      { address: '203.0.113.1', host: 'pacs.example' },
    ],
  ])('reads %j', (headers, client) => {
    expect(clientBehind('10.1.2.3', headers)).toEqual(client);
  });

  it('goes back through proxies that are believed, and no further', () => {
    const client = { address: '203.0.113.1', protocol: 'https', host: 'pacs.example' };
    const elements = [
      'for=127.0.0.1;proto=http;host=evil.example',
      'for=203.0.113.1;proto=https;host=pacs.example',
      'for="[2001:db8:1::7]";proto=http;host=inner',
      'for=10.1.0.1',
    ];
    expect(clientBehind('192.0.2.10', { forwarded: elements.join(', ') })).toEqual(client);
    const usual = {
      'x-forwarded-for': '127.0.0.1, 203.0.113.1, 2001:db8:1::7, 10.1.0.1',
      'x-forwarded-proto': 'http, https, http, http',
      'x-forwarded-host': 'evil.example, pacs.example, inner, inner',
    };
    expect(clientBehind('192.0.2.10', usual)).toEqual(client);
    // The first proxy sets these, and the others pass them on.
    const once = { ...usual, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'pacs.example' };
    expect(clientBehind('192.0.2.10', once)).toEqual(client);
  });

  it('takes what a hop leaves out from the next one', () => {
    const forwarded = 'for=203.0.113.1, for=10.1.0.1;proto=https';
    expect(clientBehind('192.0.2.10', { forwarded })).toEqual({ address: '203.0.113.1', protocol: 'https' });
  });

  it('refuses two kinds of headers that differ: one of them is the client’s', () => {
    const same = { forwarded: 'for=203.0.113.1', 'x-forwarded-for': '203.0.113.1', 'x-forwarded-proto': 'https' };
    expect(clientBehind('10.1.2.3', same)).toEqual({ address: '203.0.113.1', protocol: 'https' });
    for (const forwarded of ['for=127.0.0.1', 'for=203.0.113.1;proto=http']) {
      const refused = (): Client => clientBehind('10.1.2.3', { ...same, forwarded });
      expect(refused).toThrow(LedgerError);
      expect(refused).toThrow(/differ|different/);
    }
    expect(clientBehind('10.9.9.9', { ...same, forwarded: 'for=127.0.0.1' }).address).not.toBe('127.0.0.1');
  });

  it('takes the last address where all clients come through some proxy, and nothing else', () => {
    const clientOf = createClientOf({ TRUST_PROXY: [], BEHIND_TLS_PROXY: 'on' });
    const headers = { 'x-forwarded-for': '127.0.0.1, 203.0.113.1', 'x-forwarded-host': 'evil.example' };
    expect(clientOf(requestOf('198.51.100.7', headers))).toEqual({ address: '203.0.113.1' });
    expect(clientOf(requestOf('198.51.100.7', {}))).toEqual({ address: '198.51.100.7' });
  });

  it('reads headers of any length in time', () => {
    for (const text of [
      '"'.repeat(60_000),
      'for=,'.repeat(12_000),
      '\\'.repeat(60_000),
      `for="${'\\a'.repeat(30_000)}`,
    ]) {
      expect(clientBehind('192.0.2.10', { forwarded: text }).address).toBe('192.0.2.10');
      expect(clientBehind('192.0.2.10', { 'x-forwarded-for': text }).address.length).toBeLessThanOrEqual(64);
    }
  });
});
