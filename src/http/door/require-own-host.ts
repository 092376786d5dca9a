import { isIPv4, isIPv6 } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { isLoopback } from '../../base/is-loopback.js';
import { LedgerError } from '../../base/errors.js';

/** By which names the server goes, besides those of the loopback. */
export interface HostNames {
  PUBLIC_URL: string | undefined;
  ALLOWED_HOSTS: readonly string[];
  /** The interface it listens on: a name of its own when it is the address of one. */
  HOST: string;
}

const HOST_HEADER = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{0,5})?$/;

/**
 * Refuses whatever is addressed to somebody else with `misdirected`, on any port: else a page of `evil.example`, once that name
 * points at this machine (DNS rebinding), would be of the same origin as the server. `bad-request` for more than one Host
 * (RFC 9112 §3.2).
 */
export function requireOwnHost(names: HostNames): RequestHandler {
  const own = new Set(names.ALLOWED_HOSTS);
  if (names.PUBLIC_URL !== undefined) own.add(new URL(names.PUBLIC_URL).hostname);
  if (isAddress(names.HOST)) own.add(names.HOST.includes(':') ? `[${names.HOST}]` : names.HOST);
  return (request, _response, next) => {
    for (const host of addressees(request)) {
      const name = HOST_HEADER.exec(host)?.[1]?.toLowerCase();
      if (name === undefined || !(isLoopback(name.replace(/^\[(.*)\]$/, '$1')) || own.has(name)))
        throw new LedgerError(
          'misdirected',
          `This server does not go by the name "${host.slice(0, 100)}"; its operator lists its names in ALLOWED_HOSTS.`,
        );
    }
    next();
  };
}

/** What the request says that it is for: its Host, and the authority of a target in absolute form (RFC 9112 §3.2.2). */
function addressees({ rawHeaders, headers, url = '' }: IncomingMessage): string[] {
  const given = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (given.length > 1) throw new LedgerError('bad-request', `The request has ${given.length} Host headers; send one.`);
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1];
  return [headers.host ?? '', ...(absolute === undefined ? [] : [absolute])];
}

function isAddress(host: string): boolean {
  return (isIPv4(host) && host !== '0.0.0.0') || (isIPv6(host) && host !== '::');
}
