import { isLoopback } from '../../base/is-loopback.js';
import { LedgerError } from '../../base/errors.js';

export interface Listening {
  /** The interface. */
  host: string;
  hasTls: boolean;
  /** Whether the operator says that all clients come through a proxy that speaks TLS. */
  behindTlsProxy: boolean;
  /** The ways by which people and programs of other machines can show who they are. */
  remoteWays: readonly string[];
}

/**
 * Throws `misconfigured` for an interface that other machines reach when what they send could be read on the way, or when nobody
 * could log in.
 */
export function requireSafeListening({ host, hasTls, behindTlsProxy, remoteWays }: Listening): void {
  if (isLoopback(host)) return;
  const missing = [
    ...(hasTls || behindTlsProxy
      ? []
      : [
          'TLS (set TLS_CERT_FILE and TLS_KEY_FILE, or BEHIND_TLS_PROXY=on when a proxy that speaks TLS stands before all clients)',
        ]),
    ...(remoteWays.length > 0
      ? []
      : ['a way to log in that works from other machines (see docs/operations/settings.md; LOCAL_TOKEN is none)']),
  ];
  if (missing.length > 0)
    throw new LedgerError(
      'misconfigured',
      `HOST="${host}" lets other machines in, and what is missing is ${missing.join(', and ')}. Set it, or HOST=127.0.0.1.`,
    );
}
