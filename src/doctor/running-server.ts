import type { Config } from '../config.js';
import { isLoopback } from '../base/is-loopback.js';
import type { Check } from './finding.js';

const TIMEOUT_MS = 8_000;

/** What the server at HOST and PORT says of itself, if it runs. */
export function runningServer({ HOST, PORT, TLS_CERT_FILE, PUBLIC_URL }: Config): Check {
  return {
    name: 'server',
    look: async ({ ok, warning, fault }, signal) => {
      if (PORT === 0) return ok('PORT=0 takes a free port: whether a server runs is not known.');
      const address = isLoopback(HOST) || HOST === '0.0.0.0' || HOST === '::' ? '127.0.0.1' : HOST;
      const host = address.includes(':') ? `[${address}]` : address;
      const url = `${TLS_CERT_FILE === undefined ? 'http' : 'https'}://${host}:${PORT}/readyz`;
      // Its certificate is for its name, which this machine need not know itself by: the check of TLS looks at the file.
      const { Agent, request } = await import('undici');
      const dispatcher = new Agent({ connect: { rejectUnauthorized: false, timeout: TIMEOUT_MS } });
      try {
        const answer = await request(url, {
          dispatcher,
          signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
          headers: { host: PUBLIC_URL === undefined ? `localhost:${PORT}` : new URL(PUBLIC_URL).host },
        });
        const said = (await answer.body.json().catch(() => ({}))) as {
          ready?: boolean;
          reasons?: string[];
          warnings?: string[];
        };
        if (said.ready === undefined)
          return fault(`Something else than dicom-ledger answers at ${host}:${PORT}.`, 'End it, or set another PORT.');
        for (const reason of said.reasons ?? []) fault(reason, 'See docs/operations/alarms.md.');
        for (const notice of said.warnings ?? []) warning(notice, 'See docs/operations/alarms.md.');
        if (said.ready) ok(`The server at ${host}:${PORT} is ready.`);
      } catch (error) {
        const { code, message, name } = error as NodeJS.ErrnoException;
        if (code === 'ECONNREFUSED') return ok(`No server runs at ${host}:${PORT}, and the port is free.`);
        fault(`${host}:${PORT} is taken, and gives no answer (${code ?? name}: ${message}).`, 'End what listens there, or see the log of the server.'); // prettier-ignore
      } finally {
        await dispatcher.destroy();
      }
    },
  };
}
