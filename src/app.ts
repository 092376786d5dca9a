import { mkdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { basePathOf } from './base/base-path.js';
import { PROJECT_ROOT } from './base/project-root.js';
import { ALARM_CODES, ownRetirementsAlarm } from './alarms.js';
import { type Config } from './config.js';
import { isLoopback } from './base/is-loopback.js';
import { LedgerError } from './base/errors.js';
import { requirePrivate } from './base/require-private.js';
import { localTokenFile } from './access/local-token.js';
import type { NetworkReport } from './http/ledger/network-report.js';
import { createClientOf } from './access/client-of.js';
import { openAccess } from './access/open-access.js';
import type { IdentityOptions } from './access/open-identity.js';
import type { Audit } from './audit/audit.js';
import { openSiteAudit } from './open-site-audit.js';
import { createMetrics } from './http/operation/metrics.js';
import { watchRetirements } from './http/operation/watch-retirements.js';
import { openListener } from './http/listen/open-listener.js';
import type { TlsFiles } from './http/listen/read-tls.js';
import { requireSafeListening } from './http/listen/require-safe-listening.js';
import { createHttpApp } from './http/create-http-app.js';
import type { Log } from './base/log.js';
import type { shareReading } from './share-reading.js';
import { readersOf } from './reading-settings.js';
import { openSite, type Site } from './site.js';
import { openWorklist } from './worklist/open-worklist.js';

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

const GLASS_ALARM = {
  code: 'break-glass',
  sentence: 'Somebody has seen more than is theirs in an emergency: look at the record of use, who and why.',
  stopsStoring: false,
} as const;

/** Builds every room once, in order, and listens. Throws `misconfigured`, `locked` or `unavailable` with a sentence that says what to do. */
export async function openApp(config: Config, log: Log): Promise<App> {
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer();
  };
  let closed: Promise<void> | undefined;
  // Whoever closes a second time waits for the first: only then is the folder free.
  const close = (): Promise<void> => (closed ??= closeAll());
  try {
    await makeDataFolder(config);
    let ownUrl = config.PUBLIC_URL ?? '';
    const clientOf = createClientOf(config);
    const access = await openAccess({
      dataFolder: config.DATA_DIR,
      localToken: config.LOCAL_TOKEN === 'on',
      onLoopback: isLoopback(config.HOST),
      isHttps: usesHttps(config),
      basePath: basePathOf(config.PUBLIC_URL),
      clientOf,
      port: config.PORT,
      sessionIdleMinutes: config.SESSION_IDLE_MINUTES,
      sessionHours: config.SESSION_HOURS,
      accessFile: config.ACCESS_FILE,
      identity: identityOptions(config),
      ownUrl: () => ownUrl,
      log,
    });
    closers.push(() => access.close());
    requireSafeListening({
      host: config.HOST,
      hasTls: config.TLS_CERT_FILE !== undefined,
      behindTlsProxy: config.BEHIND_TLS_PROXY === 'on',
      remoteWays: access.remoteWays,
    });
    const alarming: Pick<Audit, 'alarms'>[] = [];
    const site = await openSite(config, log, { otherAlarms: () => alarming.flatMap(({ alarms }) => alarms) });
    closers.push(() => site.close());
    const audit = await openSiteAudit(site, { config, log });
    alarming.push(audit);
    closers.push(() => audit.close());
    const worklist = openWorklist({ file: path.join(config.DATA_DIR, 'worklist.sqlite') });
    closers.push(async () => worklist.close());
    const network = (): Promise<NetworkReport> => reportNetwork(site);
    const metrics = createMetrics({ network, alarmCodes: ALARM_CODES });
    const closing = new AbortController();
    const http = createHttpApp({
      closing: closing.signal,
      archive: watchRetirements(site.archive, {
        perHour: config.RETIREMENTS_PER_HOUR,
        onMany: (count) => site.raiseAlarm(ownRetirementsAlarm(count)),
      }),
      audit,
      worklist,
      letters: site.letters,
      sharing: site.sharing,
      config,
      log,
      access,
      authenticate: access.authenticate,
      readiness: () => site.readiness(),
      network,
      storingStopped: () => site.alarms().find(({ stopsStoring }) => stopsStoring),
      onBrokenGlass: () => site.raiseAlarm(GLASS_ALARM),
      metrics,
      viewerFolder: path.join(PROJECT_ROOT, 'viewer'),
    });
    const tls = tlsFilesOf(config);
    const readers = await startReaders({ site, app: http, metrics, log }, { config, tls });
    if (readers) closers.push(() => readers.close());
    const listener = await openListener(
      { app: http, log, ...(readers && { share: (socket: Socket) => readers.take(socket) }) },
      { ...config, tls },
    );
    closers.push(async () => {
      closing.abort();
      const drained = Promise.all([listener.close(), readers?.close()]);
      await site.stopStoring();
      await drained;
    });
    ownUrl ||= asLocalhost(listener.url).origin;
    const url = config.PUBLIC_URL ?? listener.url;
    log.info(
      {
        url,
        listensAt: listener.url,
        chainId: Number(site.ledger.chainId),
        contract: site.ledger.contracts[0],
        site: site.ledger.siteId,
      },
      'dicom-ledger is ready.',
    );
    log.warn(warningOf(site.ledger.release));
    return {
      url,
      site,
      loginLink: () => {
        const path = access.loginCodes?.newPath();
        if (path === undefined) return undefined;
        return new URL(path, asLocalhost(listener.url)).href;
      },
      reload: () => access.reload(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const warningOf = (release: 1 | 2): string =>
  release === 1
    ? 'Every member of the chain can read every byte of it, for ever: store de-identified data only.'
    : 'What is stored is encrypted. No keys, no archive: DATA_DIR/keys alone opens it, and the sites that share it; back it up with "dicom-ledger keys backup". Nothing can be erased yet.';

/** Undefined for a server without readers, which loads nothing of them. */
async function startReaders(
  parts: Parameters<typeof shareReading>[0],
  options: { config: Config; tls: TlsFiles | undefined },
): Promise<Awaited<ReturnType<typeof shareReading>> | undefined> {
  const processors = availableParallelism();
  const count = readersOf(options.config, processors);
  if (count === 0) return undefined;
  const { shareReading } = await import('./share-reading.js');
  return shareReading(parts, { ...options, count, processors });
}

/** Makes DATA_DIR when it is not there; nobody else may look into it. */
async function makeDataFolder({ DATA_DIR, TLS_KEY_FILE, OIDC_CLIENT_SECRET_FILE }: Config): Promise<void> {
  await mkdir(DATA_DIR, { recursive: true, mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError(
      'misconfigured',
      `The data folder ${DATA_DIR} cannot be made (${cause.code}); give another DATA_DIR.`,
      { cause },
    );
  });
  await requirePrivate({
    DATA_DIR,
    'The local token': localTokenFile(DATA_DIR),
    TLS_KEY_FILE,
    OIDC_CLIENT_SECRET_FILE,
  });
}

/** The name by which a person at this machine goes to the server; a cookie is kept for one name. */
function asLocalhost(url: string): URL {
  const named = new URL(url);
  named.hostname = 'localhost';
  return named;
}

function identityOptions(config: Config): IdentityOptions {
  return {
    issuer: config.OIDC_ISSUER,
    clientId: config.OIDC_CLIENT_ID,
    clientSecretFile: config.OIDC_CLIENT_SECRET_FILE,
    scope: config.OIDC_SCOPE,
    audience: config.OIDC_AUDIENCE,
    localAccounts: config.ACCOUNTS === 'on',
    viewerUrls: config.ACCOUNTS_VIEWERS,
  };
}

function tlsFilesOf({ TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE }: Config): TlsFiles | undefined {
  if (TLS_CERT_FILE === undefined || TLS_KEY_FILE === undefined) return undefined;
  return { TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE };
}

const usesHttps = ({ TLS_CERT_FILE, BEHIND_TLS_PROXY, PUBLIC_URL }: Config): boolean =>
  TLS_CERT_FILE !== undefined || BEHIND_TLS_PROXY === 'on' || PUBLIC_URL?.startsWith('https:') === true;

async function reportNetwork(site: Site): Promise<NetworkReport> {
  const { ledger } = site;
  const health = await ledger.health();
  return {
    chainId: health.chainId,
    contracts: ledger.contracts,
    site: { id: ledger.siteId, name: ledger.siteId === 0 ? '' : ledger.siteName(ledger.siteId) },
    depths: ledger.depths,
    head: health.head,
    catalogue: { head: site.followed() },
    nodes: health.nodes,
    outbox: {
      transactions: health.outboxTransactions,
      bytes: health.outboxBytes,
      windowBytes: Math.floor(health.windowBytes),
    },
    review: await site.archive.review.counts(),
    alarms: site.alarms(),
    reverted: health.reverted,
  };
}
