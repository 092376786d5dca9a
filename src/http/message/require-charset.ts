import { LedgerError } from '../../base/errors.js';

/** UTF-8 by its IANA name and by its Defined Term (PS3.18 Annex D). */
const SUPPORTED = /^"?(utf-8|utf8|iso_ir[ _]192)"?$/i;

/**
 * Text is sent as UTF-8. Throws `bad-request` where the `charset` parameter asks for other character sets alone (PS3.18 §8.3.3.2); one
 * that the Accept-Charset header asks for is passed over (§8.8.5).
 */
export function requireCharset(query: URLSearchParams): void {
  const given = query.getAll('charset').join(',');
  if (given === '' || given.split(',').some(isSupported)) return;
  throw new LedgerError('bad-request', `charset=${given.slice(0, 80)} cannot be had; text is sent as UTF-8 alone.`);
}

function isSupported(member: string): boolean {
  const [name = '', ...parameters] = member.split(';').map((part) => part.trim());
  const isRefused = parameters.some((parameter) => /^q=0(\.0*)?$/i.test(parameter.replace(/\s/g, '')));
  return SUPPORTED.test(name) && !isRefused;
}
