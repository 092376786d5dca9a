import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { PROJECT_ROOT } from './base/project-root.js';
import { ALARM_CODES } from './alarms.js';
import { type Config } from './config.js';
import { LedgerError } from './base/errors.js';
import type { NetworkReport } from './http/ledger/network-report.js';
import { openAccess } from './access/open-access.js';
import type { Audit } from './audit/audit.js';
import { openSiteAudit } from './open-site-audit.js';
import { createMetrics } from './http/operation/metrics.js';
import { prepareServer } from './http/message/request-body.js';
import { createHttpApp } from './http/create-http-app.js';
import type { Log } from './base/log.js';
import { openSite, type Site } from './site.js';

/** The running server. */
export interface App {
  /** As clients reach it: `http://127.0.0.1:8080`, or PUBLIC_URL. */
  url: string;
  site: Site;
  /** A link that logs the person at this machine in, once, within 15 minutes; undefined where nobody logs in so. */
  loginLink(): string | undefined;
  /** Reads again what may change while it runs: the roles file. */
  reload(): void;
  /** Stops taking requests, lets those under way end, and closes every room in reverse. */
  close(): Promise<void>;
}

/** Requests under way have so long to end. */
const DRAIN_MS = 20_000;
const IDLE_CHECK_MS = 50;
const MAX_HEADER_BYTES = 65_536;

/** Builds every room once, in order, and listens. Throws `misconfigured`, `locked` or `unavailable` with a sentence that says what to do. */
export async function openApp(config: Config, log: Log): Promise<App> {
  await mkdir(config.DATA_DIR, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError(
      'misconfigured',
      `The data folder ${config.DATA_DIR} cannot be made (${cause.code}); give another DATA_DIR.`,
      { cause },
    );
  });
  const access = await openAccess({
    dataFolder: config.DATA_DIR,
    localToken: config.LOCAL_TOKEN === 'on',
    onLoopback: isLoopback(config.HOST),
    isHttps: config.PUBLIC_URL?.startsWith('https:') === true,
    port: config.PORT,
    sessionIdleMinutes: config.SESSION_IDLE_MINUTES,
    sessionHours: config.SESSION_HOURS,
    accessFile: config.ACCESS_FILE,
    log,
  });
  const alarming: Pick<Audit, 'alarms'>[] = [];
  const site = await openSite(config, log, { otherAlarms: () => alarming.flatMap(({ alarms }) => alarms) });
  const audit = await openSiteAudit(site, { config, log }).catch(async (error: unknown) => {
    await site.close();
    await access.close();
    throw error;
  });
  alarming.push(audit);
  const network = (): Promise<NetworkReport> => reportNetwork(site);
  const metrics = createMetrics({ network, alarmCodes: ALARM_CODES });
  const http = createHttpApp({
    archive: site.archive,
    audit,
    config,
    log,
    access,
    authenticate: access.authenticate,
    readiness: () => site.readiness(),
    network,
    storingStopped: () => site.alarms().find(({ stopsStoring }) => stopsStoring),
    metrics,
    viewerFolder: path.join(PROJECT_ROOT, 'viewer'),
  });
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, http);
  prepareServer(server, http);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(config.PORT, config.HOST, resolve);
    });
  } catch (cause) {
    await audit.close();
    await site.close();
    await access.close();
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new LedgerError(
      'misconfigured',
      `Cannot listen on ${config.HOST} port ${config.PORT} (${why}); choose another HOST or PORT.`,
      { cause },
    );
  }
  const { port } = server.address() as AddressInfo;
  const listensAt = `http://${urlHost(config.HOST)}:${port}`;
  const url = config.PUBLIC_URL ?? listensAt;
  log.info(
    {
      url,
      listensAt,
      chainId: Number(site.ledger.chainId),
      contract: site.ledger.contracts[0],
      site: site.ledger.siteId,
    },
    'dicom-ledger is ready.',
  );
  log.warn('Every member of the chain can read every byte of it, for ever: store de-identified data only.');

  return {
    url,
    site,
    loginLink: () => {
      const path = access.loginCodes?.newPath();
      return path === undefined ? undefined : `http://localhost:${port}${path}`;
    },
    reload: () => access.reload(),
    close: async () => {
      const drained = new Promise<void>((resolve) => server.close(() => resolve()));
      // A connection that has just been answered stays open for the next request, which will not be taken.
      const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
      const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await site.stopStoring();
      await drained;
      clearInterval(idle);
      clearTimeout(cut);
      await audit.close();
      await site.close();
      await access.close();
    },
  };
}

async function reportNetwork(site: Site): Promise<NetworkReport> {
  const { ledger } = site;
  const health = await ledger.health();
  return {
    chainId: health.chainId,
    contracts: ledger.contracts,
    site: { id: ledger.siteId, name: ledger.siteName },
    depths: ledger.depths,
    head: health.head,
    catalogue: { head: site.followed() },
    nodes: health.nodes,
    outbox: {
      transactions: health.outboxTransactions,
      bytes: health.outboxBytes,
      windowBytes: Math.floor(health.windowBytes),
    },
    alarms: site.alarms(),
    reverted: health.reverted,
  };
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** As it stands in a URL that this machine can open: the unspecified address as loopback, IPv6 in brackets (RFC 3986 §3.2.2). */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
