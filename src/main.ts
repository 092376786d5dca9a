import type { App } from './app.js';
import { readConfig } from './config.js';
import { createLog, type Log } from './base/log.js';
import { loadChainThread } from './ledger/embedded/chain-thread.js';

/** Starts the server from the environment's settings and stops it in order on SIGINT or SIGTERM. `announce` says how people log in. */
export async function serve(
  environment: Record<string, string | undefined>,
  { announce = announceLogin }: { announce?: (app: App, log: Log) => void } = {},
): Promise<App> {
  const config = readConfig(environment);
  const log = createLog(config.LOG_LEVEL);
  // A second or so of loading, done by both threads at the same time.
  if (config.LEDGER_URL === undefined) loadChainThread();
  const { openApp } = await import('./app.js');
  const app = await openApp(config, log);
  announce(app, log);
  // Without it, SIGHUP goes on ending a server whose terminal is closed.
  if (config.ACCESS_FILE !== undefined) process.on('SIGHUP', () => app.reload());
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'Stopping.');
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'Stopping failed.');
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return app;
}

/**
 * Shows the person at a terminal a link that logs in. The log has none: it may be kept, and sent to others, so it says how to get one.
 */
function announceLogin(app: App, log: Log): void {
  if (!process.stdout.isTTY) {
    log.info('To log in with a browser of this machine, get a link by "npx dicom-ledger login-link".');
    return;
  }
  const link = app.loginLink();
  if (link !== undefined) process.stdout.write(`\n  Open this link to see the images: ${link}\n\n`);
}
