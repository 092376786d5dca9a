import { hostname } from 'node:os';
import { connect, type TLSSocket } from 'node:tls';
import type { AuditReceiver } from './feed.js';
import { dicomAuditMessage } from './dicom-audit-message.js';
import type { AuditRow } from '../audit.js';
import type { AuditSource } from './fhir-audit-event.js';

export interface SyslogOptions {
  host: string;
  port: number;
  /** PEM: who vouches for the receiver; the authorities that Node knows unless given. */
  ca?: string | undefined;
}

/** Facility 10, security; severity 5, notice (RFC 5424 §6.2.1; PS3.15 §A.6). */
const PRIORITY = 10 * 8 + 5;
const TIMEOUT_MS = 20_000;

/**
 * An Audit Record Repository that takes syslog over TLS (ITI-20; RFC 5425). Syslog acknowledges nothing: rows count as taken once
 * the connection has stayed open after they were written out, so some may be lost with a receiver that dies in that moment.
 */
export function openSyslogReceiver({ host, port, ca }: SyslogOptions, source: AuditSource): AuditReceiver {
  let connection: TLSSocket | undefined;

  async function connected(signal: AbortSignal): Promise<TLSSocket> {
    if (connection?.writable) return connection;
    connection?.destroy();
    const socket = connect({ host, port, servername: host, minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) });
    socket.setTimeout(TIMEOUT_MS);
    // Nothing is ever said on it; reading tells when the other side closes it.
    socket.resume();
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => () => socket.destroy(new Error(why));
      signal.addEventListener('abort', fail('It took too long.'), { once: true });
      socket.once('timeout', fail(`${host}:${port} does not answer.`));
      socket.once('error', reject);
      socket.once('secureConnect', resolve);
    });
    socket.setTimeout(0);
    socket.on('error', () => undefined);
    // Whoever has closed its side takes no more.
    socket.once('end', () => socket.destroy());
    return (connection = socket);
  }

  return {
    name: `syslog+tls://${host}:${port}`,
    deliver: async (rows, signal) => {
      const socket = await connected(signal);
      for (const row of rows) {
        const frame = syslogFrame(row, source);
        await new Promise<void>((resolve, reject) =>
          socket.write(frame, (error) => (error ? reject(error) : resolve())),
        );
      }
      await new Promise((resolve) => setImmediate(resolve));
      if (!socket.writable) throw new Error(`${host}:${port} has closed the connection.`);
    },
    close: async () => {
      const open = connection;
      if (open === undefined || open.destroyed) return;
      await new Promise<void>((resolve) => {
        open.once('close', () => resolve());
        open.end();
        setTimeout(() => open.destroy(), TIMEOUT_MS / 20).unref();
      });
    },
  };
}

/** One message (RFC 5424 §6; MSGID and BOM as ITI-20 has them) after its length in bytes (RFC 5425 §4.3). */
function syslogFrame(row: AuditRow, source: AuditSource): Buffer {
  const at = new Date(row.at).toISOString();
  const header = `<${PRIORITY}>1 ${at} ${hostname()} dicom-ledger ${process.pid} DICOM+RFC3881 - `;
  const message = Buffer.from(`${header}\ufeff${dicomAuditMessage(row, source)}`);
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}
