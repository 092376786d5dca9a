import { rmSync } from 'node:fs';
import path from 'node:path';
import type { RunningServer } from '../../../conformance/testing/server.js';
import { startBenchServer } from '../../start-bench-server.js';
import type { Archive } from './archive.js';

/** So that the whole load may come from one caller. */
const ENVIRONMENT = { REQUESTS_PER_MINUTE: '10000000' };

/** This archive as `npm start` starts it, on the embedded chain; not started yet. */
export function openOurs(folder: string): Archive {
  let server: RunningServer | undefined;
  let isAlive = false;
  const running = (): RunningServer => {
    if (!server) throw new Error('dicom-ledger does not run.');
    return server;
  };
  return {
    name: 'ours',
    folder,
    pulse: '/healthz',
    get url() {
      return running().url;
    },
    get headers() {
      return running().authorization as Record<string, string>;
    },
    get pid() {
      return running().pid;
    },
    get isAlive() {
      return isAlive;
    },
    start: async () => {
      const begun = performance.now();
      const started = await startBenchServer({ dataFolder: folder, environment: ENVIRONMENT });
      const seconds = (performance.now() - begun) / 1000;
      server = started;
      isAlive = true;
      void started.ended.then(() => {
        if (server === started) isAlive = false;
      });
      return seconds;
    },
    stop: async () => {
      if (isAlive) await running().stop();
    },
    forgetCache: () => rmSync(path.join(folder, 'cache'), { recursive: true, force: true }),
  };
}
