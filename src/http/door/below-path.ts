import type { RequestHandler } from 'express';

/**
 * Answers as what lies at `basePath`, the path of PUBLIC_URL, or '' when it has none: a request may come with it or, where a proxy has
 * taken it away, without; paths of this server that an answer leads to begin with it.
 */
export function belowPath(basePath: string): RequestHandler {
  if (basePath === '') return (_request, _response, next) => next();
  const isBelow = new RegExp(`^${basePath.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?=[/?]|$)`);
  return (request, response, next) => {
    // A target in absolute form (RFC 9112 §3.2.2) keeps its authority, which is looked at later.
    const [, authority = '', target = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)?(.*)$/is.exec(request.url) ?? [];
    const inner = target.replace(isBelow, '');
    request.url = request.originalUrl = authority + (inner.startsWith('/') ? inner : `/${inner}`);
    response.locals['basePath'] = basePath;
    const setHeader = response.setHeader.bind(response);
    response.setHeader = (name, value) => {
      const leadsOn =
        name.toLowerCase() === 'location' && String(value).startsWith('/') && !isBelow.test(String(value));
      return setHeader(name, leadsOn ? `${basePath}${String(value)}` : value);
    };
    next();
  };
}
