// The chain's own part: the same measurements with real small objects on the chain, so many as the time allows.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { startServer } from '../server.mjs';
import { measureServer, newObject, stow } from './measure.mjs';

const inFlight = 8;

/** Measures on an empty chain, after a tenth of the time, and at its end. */
export async function measureChain(folder, { seconds, onSize }) {
  let stored = 0;
  for (const part of [0, 0.1, 0.9]) {
    const server = await startServer({ folder });
    stored += await fill(server, part * seconds);
    const { result } = await (await fetch(`${server.url}/ledger/network`)).json().then(headOf);
    await server.end();
    const measured = await measureServer(folder, { instances: 0 });
    const bytes = (name) => sizeOf(path.join(folder, 'chain', name));
    onSize({ stored, blocks: result, indexBytes: bytes('index'), bodyBytes: bytes('bodies'), ...measured });
  }
}

const headOf = (report) => ({ result: Number(report.head?.number ?? 0) });

async function fill(server, seconds) {
  const until = performance.now() + seconds * 1000;
  let count = 0;
  const lane = async () => {
    while (performance.now() < until) {
      await stow(server.url, newObject({ rows: 64, columns: 64 }));
      count++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return count;
}

function sizeOf(file) {
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(file).reduce((sum, name) => sum + sizeOf(path.join(file, name)), 0);
}
