import { jwtVerify } from 'jose';
import { LedgerError } from '../../base/errors.js';
import { SIGNATURE_ALGORITHMS } from './bearer-way.js';
import type { OpenidProvider } from './openid-provider.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const CLOCK_SKEW_S = 60;
const MAX_AGE_S = 300;

/**
 * Whose sessions the provider has ended, as its logout token says (OpenID Connect Back-Channel Logout §2.6). Rejects with
 * `bad-request` for a token that is none, and with `unavailable` while the provider's keys cannot be read.
 */
export async function subjectOfLogoutToken(
  provider: OpenidProvider,
  { token, clientId }: { token: unknown; clientId: string },
): Promise<string> {
  const { payload } = await jwtVerify(String(token).slice(0, 16_384), provider.keys, {
    issuer: provider.issuer(),
    audience: clientId,
    algorithms: SIGNATURE_ALGORITHMS,
    clockTolerance: CLOCK_SKEW_S,
    maxTokenAge: MAX_AGE_S,
    requiredClaims: ['iss', 'aud', 'iat', 'jti', 'events'],
  }).catch((error: unknown) => {
    if (error instanceof LedgerError) throw error;
    throw refused(error);
  });
  const events = payload['events'];
  const isLogout = typeof events === 'object' && events !== null && EVENT in events;
  if (!isLogout || 'nonce' in payload || typeof payload.sub !== 'string') throw refused();
  return payload.sub;
}

const refused = (cause?: unknown): LedgerError =>
  new LedgerError(
    'bad-request',
    'The logout token is none of the provider for this server with a "sub" in it; look at the client of the provider.',
    { cause },
  );
