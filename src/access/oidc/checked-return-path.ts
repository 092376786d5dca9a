const MAX_LENGTH = 2000;
const BASE = 'https://this-server.invalid';

/**
 * The path, query and fragment to which a login may lead back: those of a URL of this server, and `/` for everything else, so that no
 * link to the login ends on another's page (RFC 9700 §4.11).
 */
export function checkedReturnPath(given: unknown): string {
  if (typeof given !== 'string' || given.length > MAX_LENGTH || !given.startsWith('/') || !URL.canParse(given, BASE))
    return '/';
  const { origin, pathname, search, hash } = new URL(given, BASE);
  // `/.//elsewhere.example` is a path of this server before it is resolved, and the host of another one after.
  if (origin !== BASE || pathname.startsWith('//')) return '/';
  return `${pathname}${search}${hash}`;
}
