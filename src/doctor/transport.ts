import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { isLoopback } from '../base/is-loopback.js';
import type { Config } from '../config.js';
import { readTls } from '../http/listen/read-tls.js';
import type { Check, Findings } from './finding.js';

const DAY_MS = 86_400_000;
/** Long enough to get another one. */
const SOON_DAYS = 21;

/** Whether what clients send is safe on the way, and the certificate is good for the name that they use. */
export function transport(config: Config, { now }: { now: Date }): Check {
  return {
    name: 'TLS',
    look: async (findings) => {
      const { HOST, BEHIND_TLS_PROXY, TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE } = config;
      if (TLS_CERT_FILE !== undefined && TLS_KEY_FILE !== undefined) {
        await readTls({ TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE });
        judgeCertificate(new X509Certificate(await readFile(TLS_CERT_FILE)), { config, findings, now });
      } else if (BEHIND_TLS_PROXY === 'on') findings.ok('A proxy is to speak TLS with all clients (BEHIND_TLS_PROXY).');
      else if (isLoopback(HOST)) findings.ok(`The server listens at ${HOST} alone, where nothing leaves this machine.`);
      else
        findings.fault(
          `HOST="${HOST}" lets other machines in without TLS, and the server does not start so.`,
          'Set TLS_CERT_FILE and TLS_KEY_FILE, or BEHIND_TLS_PROXY=on (docs/operations/tls.md).',
        );
      if (!isLoopback(HOST) && config.OIDC_ISSUER === undefined && config.ACCOUNTS === 'off')
        findings.warning(
          'Neither OIDC_ISSUER nor ACCOUNTS is set: only API keys let other machines in.',
          'If people are to log in, set one of them (docs/operations/access.md).',
        );
    },
  };
}

function judgeCertificate(
  certificate: X509Certificate,
  { config, findings, now }: { config: Config; findings: Findings; now: Date },
): void {
  const { TLS_CERT_FILE, PUBLIC_URL } = config;
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const toDo = `Get a new one for ${TLS_CERT_FILE}; the server takes it without a restart.`;
  const days = Math.floor((to.getTime() - now.getTime()) / DAY_MS);
  const until = to.toISOString().slice(0, 10);
  if (days < 0) findings.fault(`The certificate has ended on ${until}.`, toDo);
  else if (from > now)
    findings.fault(`The certificate begins on ${from.toISOString()}, which is still to come.`, 'See whether this clock is right.'); // prettier-ignore
  else if (days < SOON_DAYS) findings.warning(`The certificate ends on ${until}, in ${days} days.`, toDo);
  else findings.ok(`The certificate is good until ${until}, and its key fits.`);
  const name = PUBLIC_URL === undefined ? undefined : new URL(PUBLIC_URL).hostname.replace(/^\[|\]$/g, '');
  if (name === undefined)
    findings.warning('PUBLIC_URL is unset: whether the certificate has the name that clients use is not known.', 'Set PUBLIC_URL.'); // prettier-ignore
  else if ((isIP(name) > 0 ? certificate.checkIP(name) : certificate.checkHost(name)) === undefined)
    findings.fault(`The certificate is not for "${name}", the host of PUBLIC_URL.`, 'Get one that has this name among its subjectAltNames.'); // prettier-ignore
}
