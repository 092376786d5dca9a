import type { TLSSocket } from 'node:tls';
import type { RequestHandler } from 'express';
import type { ClientOf } from '../../access/client-of.js';

/**
 * Takes a request as it was addressed to the proxy that passes it on, where that is believed: its Host, which has to be a name of this
 * server all the same, and its protocol, for links and for cookies, which are `Secure` when the client speaks https with the proxy.
 */
export function followProxies(clientOf: ClientOf): RequestHandler {
  return (request, response, next) => {
    const { protocol, host } = clientOf(request);
    if (host !== undefined) request.headers.host = host;
    if (protocol !== undefined) Object.defineProperty(request, 'protocol', { value: protocol });
    if (protocol === 'https' && (request.socket as Partial<TLSSocket>).encrypted !== true) {
      const setHeader = response.setHeader.bind(response);
      response.setHeader = (name, value) =>
        setHeader(name, name.toLowerCase() === 'set-cookie' ? [value].flat().map((one) => secure(String(one))) : value);
    }
    next();
  };
}

const secure = (cookie: string): string => (/;\s*secure\s*(;|$)/i.test(cookie) ? cookie : `${cookie}; Secure`);
