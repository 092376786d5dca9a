import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { LedgerError } from '../base/errors.js';
import { isInNetworks } from '../base/networks.js';

/** Who asks, from where, and by which address of this server. */
export interface Client {
  /** An IP address; or what a proxy says in its place (RFC 7239 §6). */
  address: string;
  /** What the client speaks with the proxy; undefined where none says. */
  protocol?: 'http' | 'https';
  /** The Host that the client has sent to the proxy; undefined where none says. */
  host?: string;
}

export type ClientOf = (request: IncomingMessage) => Client;

interface ProxySettings {
  /** Addresses and networks of the proxies that are believed. */
  TRUST_PROXY: readonly string[];
  BEHIND_TLS_PROXY: 'on' | 'off';
}

/** What one proxy says of the one that it was asked by. */
type Hop = Partial<Client>;

/**
 * Tells the client of a request. A peer of TRUST_PROXY is believed what it says in Forwarded (RFC 7239) or in X-Forwarded-For, -Proto
 * and -Host; what stands before that is believed only as far as it was said by such a proxy too. Without TRUST_PROXY, the last address in
 * X-Forwarded-For is believed where BEHIND_TLS_PROXY says that all clients come through a proxy. Throws `bad-request` where the two kinds of
 * headers differ: the proxy makes one of them, and the other is the client's.
 */
export function createClientOf({ TRUST_PROXY, BEHIND_TLS_PROXY }: ProxySettings): ClientOf {
  const isTrusted = (address: string): boolean => isInNetworks(address, TRUST_PROXY);
  return ({ headers, socket }) => {
    const peer = plainAddress(socket.remoteAddress ?? '');
    if (TRUST_PROXY.length === 0) {
      const said = BEHIND_TLS_PROXY === 'on' ? hopsOfX(headers).at(-1)?.address : undefined;
      return { address: said ?? peer };
    }
    if (!isTrusted(peer)) return { address: peer };
    const [first, second] = [forwardedHops(headers.forwarded), hopsOfX(headers)]
      .filter((hops) => hops.length > 0)
      .map((hops) => farthest(hops, isTrusted));
    for (const key of ['address', 'protocol', 'host'] as const)
      if (first?.[key] !== undefined && second?.[key] !== undefined && first[key] !== second[key])
        throw new LedgerError(
          'bad-request',
          'Forwarded and X-Forwarded headers say different things; let the proxy take away those that it does not make.',
        );
    return { address: peer, ...second, ...first };
  };
}

/** The first hop that no believed proxy speaks of as another one; what it leaves out is as the next one says. */
function farthest(hops: readonly Hop[], isTrusted: (address: string) => boolean): Hop {
  let at = hops.length - 1;
  while (at > 0 && isTrusted(hops[at]?.address ?? '')) at -= 1;
  return Object.assign({}, ...hops.slice(at).reverse()) as Hop;
}

const PAIR = /^\s*(for|proto|host|by)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s",;]*))\s*$/i;

/** RFC 7239 §4: elements from the client to the peer. What is no element counts as one that says nothing. */
function forwardedHops(header: string | undefined): Hop[] {
  return split(header ?? '', ',').map((element) => {
    const pairs = split(element, ';').map((pair): [string, string] => {
      const [, name = '', quoted, plain = ''] = PAIR.exec(pair) ?? [];
      return [name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain];
    });
    const { for: node, proto, host } = Object.fromEntries(pairs) as Record<string, string | undefined>;
    return hopOf(node, proto, host);
  });
}

/** The same of the headers that came before the standard. Where one has fewer values than X-Forwarded-For, its first was passed on. */
function hopsOfX(headers: IncomingMessage['headers']): Hop[] {
  const [addresses, protocols, hosts] = (['for', 'proto', 'host'] as const).map((name) =>
    list(headers[`x-forwarded-${name}`]),
  ) as [string[], string[], string[]];
  const count = Math.max(addresses.length, Math.min(1, protocols.length + hosts.length));
  const fromEnd = (values: string[], back: number): string | undefined => values[Math.max(0, values.length - 1 - back)];
  return Array.from({ length: count }, (_, at) => {
    const back = count - 1 - at;
    return hopOf(addresses[at], fromEnd(protocols, back), fromEnd(hosts, back));
  });
}

const list = (header: string | string[] | undefined): string[] =>
  header === undefined
    ? []
    : String(header)
        .split(',')
        .map((value) => value.trim());

/** Of none of these is anything told that is empty. */
function hopOf(node: string | undefined, proto: string | undefined, host: string | undefined): Hop {
  const address = plainAddress(node ?? '');
  const protocol = proto?.toLowerCase();
  return {
    ...(address !== '' && { address }),
    ...((protocol === 'http' || protocol === 'https') && { protocol }),
    ...(host !== undefined && host !== '' && { host }),
  };
}

/**
 * Parts of a text at `separator`, but not within quotes (RFC 9110 §5.6.4); none of the empty text. Quotes that do not end count as none:
 * what a client sends must not swallow what the proxy has put behind it.
 */
function split(text: string, separator: ',' | ';'): string[] {
  if (text.trim() === '') return [];
  const parts: string[] = [];
  let begin = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (isQuoted && text[at] === '\\') at += 1;
    else if (text[at] === '"') isQuoted = !isQuoted;
    else if (text[at] === separator && !isQuoted) {
      parts.push(text.slice(begin, at));
      begin = at + 1;
    }
  }
  return isQuoted ? text.split(separator) : [...parts, text.slice(begin)];
}

const MAX_NODE = 64;

/** Without a port, without brackets, and IPv4 as IPv4: `192.0.2.1`, `2001:db8::1`. */
function plainAddress(node: string): string {
  if (isIP(node) === 4) return node;
  const text = node.trim();
  const inBrackets = /^\[([0-9a-fA-F:.]+)\](:\d+)?$/.exec(text)?.[1];
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1];
  const address = (inBrackets ?? withPort ?? text).replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? address.replace(/[^\w.-]/g, '').slice(0, MAX_NODE) : address;
}
