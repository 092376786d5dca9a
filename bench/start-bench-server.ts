import { type RunningServer, startServer } from '../conformance/testing/server.js';
import { SERVER_MEMORY } from '../src/network/open-server.js';

export interface BenchServerOptions {
  /** Settings of the server. */
  environment?: Record<string, string>;
  /** A new temporary folder unless given; then it stays after `stop`. */
  dataFolder?: string;
}

/** The compiled server, started with the memory settings of `npm start`; resolves when it is ready. */
export function startBenchServer({ environment = {}, dataFolder }: BenchServerOptions = {}): Promise<RunningServer> {
  return startServer({
    env: { ...SERVER_MEMORY.environment, ...environment },
    nodeOptions: SERVER_MEMORY.options,
    ...(dataFolder !== undefined && { dataFolder }),
  });
}

/** Resident memory in MB of 2²⁰ bytes. */
export interface Resident {
  nowMB: number;
  peakMB: number;
}

export function residentMB(server: RunningServer): Resident {
  const { nowBytes, peakBytes } = server.rss();
  return { nowMB: Math.round(nowBytes / 2 ** 20), peakMB: Math.round(peakBytes / 2 ** 20) };
}
