import { type App, openApp } from './app.js';
import { readConfig } from './config.js';
import { createLog } from './base/log.js';

/** Starts the server from the environment's settings and stops it in order on SIGINT or SIGTERM. */
export async function serve(environment: Record<string, string | undefined>): Promise<App> {
  const config = readConfig(environment);
  const log = createLog(config.LOG_LEVEL);
  const app = await openApp(config, log);
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
