// STOW-RS to sealed on the embedded chain: files of 512 KB of noise, 8 requests in flight; then the start on what is stored.
// usage: npm run bench:store -- [files] [runs]
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fetch } from 'undici';
import { openAgent } from '../open-agent.js';
import { inLanes } from '../in-lanes.js';
import { part10Head } from '../part10-head.js';
import { residentMB, startBenchServer } from '../start-bench-server.js';
import { median, sum } from '../statistics.js';

const IN_FLIGHT = 8;

const files = Number(process.argv[2] ?? 100);
const runs = Number(process.argv[3] ?? 3);
const dispatcher = openAgent({ connections: IN_FLIGHT });

const dataFolder = mkdtempSync(path.join(os.tmpdir(), 'dicom-ledger-bench-'));
let server = await startBenchServer({ dataFolder });
try {
  const rates: number[] = [];
  for (let run = 0; run < runs; run++) {
    const slices = Array.from({ length: files }, (_, i) => slice(`2.25.${Date.now()}${run}`, i));
    const byteCount = sum(slices.map(({ length }) => length));
    const begun = performance.now();
    await inLanes(files, async (i) => send(slices[i]!), IN_FLIGHT);
    rates.push(byteCount / 1e3 / (performance.now() - begun));
  }
  const rssMB = residentMB(server);
  await server.stop();
  const restarting = performance.now();
  server = await startBenchServer({ dataFolder });
  const restartSeconds = (performance.now() - restarting) / 1000;
  const restartedRssMB = residentMB(server);
  console.log(
    JSON.stringify(
      {
        files,
        runs,
        MBPerSecond: rates.map((rate) => +rate.toFixed(2)),
        median: +median(rates).toFixed(2),
        rssMB,
        restartSeconds: +restartSeconds.toFixed(2),
        restartedRssMB,
      },
      null,
      2,
    ),
  );
} finally {
  await server.stop();
  rmSync(dataFolder, { recursive: true, force: true });
}

function slice(study: string, number: number): Buffer {
  const head = part10Head({ study, series: `${study}.1`, instance: `${study}.1.${number}`, rows: 512, columns: 512 });
  return Buffer.concat([head, randomFillSync(Buffer.alloc(512 * 512 * 2))]);
}

async function send(bytes: Buffer): Promise<void> {
  const answer = await fetch(`${server.url}/dicom-web/studies`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/dicom' },
    body: bytes,
    dispatcher,
  });
  if (answer.status !== 200) throw new Error(`STOW answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}
