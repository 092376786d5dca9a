import type { Config } from '../config.js';
import { judgeClock, secondsAhead } from './clock.js';
import type { Check } from './finding.js';

const TIMEOUT_MS = 8_000;

/** Whether the OpenID provider can be reached, is the one that is meant, and has the same time (OpenID Connect Discovery 1.0 §4). */
export function issuer({ OIDC_ISSUER, ACCOUNTS }: Config): Check {
  return {
    name: 'issuer',
    look: async (findings, signal) => {
      if (OIDC_ISSUER === undefined)
        return findings.ok(
          ACCOUNTS === 'on' ? 'People log in by accounts of this server.' : 'No OpenID provider is set.',
        );
      const url = `${OIDC_ISSUER.replace(/\/$/, '')}/.well-known/openid-configuration`;
      const askedMs = Date.now();
      const toDo = 'Check OIDC_ISSUER, the provider, the firewall and its certificate: nobody can log in.';
      const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) }).catch(
        (error: Error & { cause?: Error }) =>
          findings.fault(`${url} does not answer (${error.cause?.message ?? error.message}).`, toDo),
      );
      if (!response) return;
      const said = (await response.json().catch(() => ({}))) as { issuer?: unknown };
      if (!response.ok) findings.fault(`${url} answers ${response.status}.`, toDo);
      else if (said.issuer !== OIDC_ISSUER)
        findings.fault(
          `${url} is of ${typeof said.issuer === 'string' ? `"${said.issuer.slice(0, 200)}"` : 'nobody'}, not of "${OIDC_ISSUER}".`,
          'Set OIDC_ISSUER exactly as the provider names itself, its last slash included.',
        );
      else findings.ok(`${OIDC_ISSUER} answers.`);
      const ahead = secondsAhead(response.headers.get('Date'), { askedMs });
      if (ahead !== undefined) judgeClock(findings, { whose: 'the issuer', ahead });
    },
  };
}
