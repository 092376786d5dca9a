import { errors, jwtVerify, type JWTPayload } from 'jose';
import { LedgerError } from '../../base/errors.js';
import type { Way } from '../authenticate.js';
import { bearerCredential } from '../bearer-credential.js';
import type { Principal } from '../principal.js';
import type { Claims } from '../roles-of.js';
import type { OpenidProvider } from './openid-provider.js';

/** Signatures by a key pair alone: with a shared secret, whoever can check a token can make one. */
export const SIGNATURE_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const CLOCK_SKEW_S = 60;
const MAX_TOKEN_LENGTH = 16_384;

/** Three parts of base64url (RFC 7515 §7.1). What has another form is no token of a provider's, or an opaque one. */
const FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/** Of access tokens, RFC 9068 §2.1; many providers say JWT, or nothing. */
const TYPES = [undefined, 'jwt', 'at+jwt', 'application/at+jwt'];

/** Claims of ID tokens and logout tokens (OpenID Connect Core §3.1.3.6 and §3.3.2.11, Back-Channel Logout §2.4). */
const FOREIGN_CLAIMS = ['at_hash', 'c_hash', 'events'];

/** Checks an access token and resolves with its claims. */
export type VerifyToken = (token: string) => Promise<JWTPayload>;

/**
 * Makes what checks access tokens (RFC 9068 §4): signed by a key of the provider by an asymmetric algorithm, with `iss`, `aud`,
 * `exp` and `sub`, not expired with 60 s to spare, and no token of another kind. It rejects with `unauthenticated`, or with
 * `unavailable` while the provider's keys cannot be read.
 */
export function createVerifyToken(provider: OpenidProvider, { audience }: { audience: () => string }): VerifyToken {
  return async (token) => {
    if (token.length > MAX_TOKEN_LENGTH) throw refused(provider, 'it is longer than 16,384 characters');
    // Otherwise the last bits of the signature could be others, and one token be many.
    const signature = token.slice(token.lastIndexOf('.') + 1);
    if (Buffer.from(signature, 'base64url').toString('base64url') !== signature)
      throw refused(provider, 'its signature is not base64url');
    const { payload, protectedHeader } = await jwtVerify(token, provider.keys, {
      issuer: provider.issuer(),
      audience: audience(),
      algorithms: SIGNATURE_ALGORITHMS,
      clockTolerance: CLOCK_SKEW_S,
      requiredClaims: ['iss', 'aud', 'exp', 'sub'],
    }).catch((error: unknown) => {
      if (error instanceof LedgerError) throw error;
      throw refused(provider, reasonOf(error), error);
    });
    const isOther =
      !TYPES.includes(protectedHeader.typ?.toLowerCase()) ||
      (payload['typ'] !== undefined && payload['typ'] !== 'Bearer') ||
      FOREIGN_CLAIMS.some((claim) => claim in payload);
    if (isOther) throw refused(provider, 'it is no access token');
    return payload;
  };
}

/** Lets in whoever shows an access token that `verify` accepts. Other bearer credentials are left to other ways. */
export function bearerWay({
  verify,
  principalOf,
}: {
  verify: VerifyToken;
  principalOf: (claims: Claims) => Omit<Principal, 'via'>;
}): Way {
  return async (request) => {
    const token = bearerCredential(request);
    if (token === undefined || !FORM.test(token)) return undefined;
    return { ...principalOf(await verify(token)), via: 'bearer' };
  };
}

function refused(provider: OpenidProvider, why: string, cause?: unknown): LedgerError {
  return new LedgerError(
    'unauthenticated',
    `The bearer token is refused: ${why}. Get another from ${provider.issuer()}.`,
    { cause },
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `its "${error.claim}" is not what it has to be`;
  if (error instanceof errors.JOSEAlgNotAllowed) return `it is not signed by one of ${SIGNATURE_ALGORITHMS.join(', ')}`;
  return 'it is not signed by a key of the provider';
}
