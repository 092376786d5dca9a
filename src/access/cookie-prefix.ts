/**
 * What the name of a cookie begins with, so that browsers take it by https alone, and, where it is for all of its host, from no other host
 * (RFC 6265bis §4.1.3).
 */
export function cookiePrefix({ isHttps, basePath }: { isHttps: boolean; basePath: string }): string {
  if (!isHttps) return '';
  return basePath === '' ? '__Host-' : '__Secure-';
}
