import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT } from '../base/project-root.js';
import type { NetworkProcess } from './network.js';
import { openProgram } from './program.js';

export interface ServerOptions {
  name: string;
  /** The site's own; the server's data lies in `data`. */
  folder: string;
  port: number;
  /** Settings, besides `PORT` and `DATA_DIR`. */
  environment: Record<string, string>;
  changed?: () => void;
  /** It has ended though nobody stopped it. */
  lost?: (how: string) => void;
}

/** A dicom-ledger of its own process, run from `dist/`, not started yet. Its settings are written to `server.env`, too. */
export async function openServer(
  options: ServerOptions,
): Promise<NetworkProcess & { readonly url: string; readonly dataFolder: string }> {
  const { name, folder, port } = options;
  const dataFolder = path.join(folder, 'data');
  const url = `http://127.0.0.1:${port}`;
  const environment = {
    ...options.environment,
    ...SERVER_MEMORY.environment,
    PORT: String(port),
    DATA_DIR: dataFolder,
  };
  const lines = Object.entries(environment).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(path.join(folder, 'server.env'), lines.join(''), { mode: 0o600 });
  const program = openProgram({
    name,
    command: process.execPath,
    args: [...SERVER_MEMORY.options, path.join(PROJECT_ROOT, 'dist', 'cli', 'main.js'), 'serve'],
    environment: { PATH: process.env['PATH'], ...environment },
    logFile: path.join(folder, 'server.log'),
    ports: [{ port, host: '127.0.0.1' }],
    isReady: async () => (await fetch(`${url}/healthz`)).ok && (await fetch(`${url}/readyz`)).ok,
    timeoutMs: 120_000,
    changed: options.changed,
    lost: options.lost,
  });
  return {
    url,
    dataFolder,
    logFile: program.logFile,
    get pid() {
      return program.pid;
    },
    start: () => program.start(),
    stop: (signal) => program.stop(signal),
  };
}

/** What a server is started with, as in `npm start`: pieces come and go by the thousand. */
export const SERVER_MEMORY = {
  /** Of node, before the program. */
  options: ['--max-semi-space-size=8', '--max-old-space-size=1536'],
  /** Of glibc. */
  environment: { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' },
};
