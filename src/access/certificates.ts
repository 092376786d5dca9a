import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { LedgerError } from '../base/errors.js';
import type { Way } from './authenticate.js';
import type { Grant } from './grant.js';

/** What a name of a certificate lets its holder do and see; undefined for a name without a role. */
export type RolesOfCertificate = (name: string) => Grant | undefined;

/**
 * Lets in whoever has a client certificate of an authority that the server trusts (RFC 8446 §4.3.2) and whose subject, or else one of
 * its alternative names, has a role. Programs and browsers send a certificate without being asked, so this way comes last: it throws
 * `unauthenticated` for a certificate that is not valid, and `forbidden` for one without a role.
 */
export function certificateWay({ rolesOf }: { rolesOf: RolesOfCertificate }): Way {
  return async ({ socket }) => {
    // Sockets without TLS have no such method.
    const { authorized, authorizationError, getPeerX509Certificate } = socket as Partial<TLSSocket>;
    const certificate = getPeerX509Certificate?.call(socket);
    if (certificate === undefined) return undefined;
    if (authorized !== true)
      throw new LedgerError(
        'unauthenticated',
        `The client certificate is not accepted (${String(authorizationError)}); use a valid one of an authority in TLS_CLIENT_CA_FILE.`,
      );
    const subject = distinguishedName(certificate.subject);
    const names = [subject, ...alternativeNames(certificate)];
    const roles = names.map(rolesOf).find((one) => one !== undefined);
    if (roles === undefined)
      throw new LedgerError(
        'forbidden',
        `The client certificate of "${subject}" has no role at this server; ask its operator to give it one.`,
      );
    const issuer = distinguishedName(certificate.issuer);
    const name = /(?:^|,)CN=((?:[^,\\]|\\.)+)/.exec(subject)?.[1] ?? subject;
    return { subject, issuer, name, ...roles, via: 'certificate' };
  };
}

/** RFC 4514 §2.1: the last part first. Node has one part a line, each escaped already. */
const distinguishedName = (lines: string | undefined): string =>
  (lines ?? '')
    .split('\n')
    .reverse()
    .map((part) => part.replaceAll(' + ', '+'))
    .join(',');

/** `DNS:ct1.hospital.example`, `email:…`, `URI:…`; none where a name needs quotes, since nobody means such a one. */
function alternativeNames({ subjectAltName }: X509Certificate): string[] {
  if (subjectAltName === undefined || subjectAltName.includes('"')) return [];
  return subjectAltName.split(', ').filter((name) => /^(DNS|email|URI):/.test(name));
}
