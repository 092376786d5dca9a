import type { IncomingMessage } from 'node:http';
import { bearerCredential } from './bearer-credential.js';

/** Where an OAuth client reads which provider's tokens this server takes (RFC 9728 §3.1), below the URL of the server. */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource';

/**
 * The WWW-Authenticate header of a request that was not let in: what kind of credential to send, that the one it had is not valid
 * (RFC 6750 §3), and where to read who gives valid ones (RFC 9728 §5.1).
 */
export function challengeFor(request: IncomingMessage, { resourceUrl }: { resourceUrl: string | undefined }): string {
  const refused = bearerCredential(request) !== undefined ? ', error="invalid_token"' : '';
  const metadata = resourceUrl === undefined ? '' : `, resource_metadata="${resourceUrl}${RESOURCE_METADATA_PATH}"`;
  return `Bearer realm="dicom-ledger"${refused}${metadata}`;
}
