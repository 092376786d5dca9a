import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { RunningServer } from '../../conformance/testing/server.js';
import { startBenchServer } from '../start-bench-server.js';
import { measureServer, newObject, type ServerFigures, stow } from './measure.js';

const IN_FLIGHT = 8;
/** Measured at the start, after a tenth of the time, and at its end. */
const PARTS = [0, 0.1, 0.9];

export interface ChainFigures extends ServerFigures {
  /** Objects so far. */
  stored: number;
  blocks: number;
  indexBytes: number;
  bodyBytes: number;
}

/** The same measurements with real small objects on the chain, so many as the time allows. */
export async function measureChain(
  folder: string,
  { seconds, onSize }: { seconds: number; onSize: (measured: ChainFigures) => void },
): Promise<void> {
  let stored = 0;
  for (const part of PARTS) {
    const server = await startBenchServer({ dataFolder: folder });
    stored += await fill(server, part * seconds);
    const report = (await (await fetch(`${server.url}/ledger/network`)).json()) as { head?: { number: number } };
    await server.stop();
    const measured = await measureServer(folder, { instances: 0 });
    const bytes = (name: string): number => sizeOf(path.join(folder, 'chain', name));
    const blocks = Number(report.head?.number ?? 0);
    onSize({ stored, blocks, indexBytes: bytes('index'), bodyBytes: bytes('bodies'), ...measured });
  }
}

/** Stores objects of 9 KB, some at a time: how many there were time for. */
async function fill(server: RunningServer, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      await stow(server.url, newObject({ rows: 64, columns: 64 }));
      count++;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return count;
}

function sizeOf(file: string): number {
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(file).reduce((sum, name) => sum + sizeOf(path.join(file, name)), 0);
}
