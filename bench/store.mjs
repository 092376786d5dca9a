// STOW-RS to sealed on the embedded chain: files of 512 KB of noise, 8 requests in flight; then the start on what is stored.
// usage: node bench/store.mjs [files] [runs]
import { randomFillSync } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import { part10Head } from './part10.mjs';
import { median, startServer } from './server.mjs';

const files = Number(process.argv[2] ?? 100);
const runs = Number(process.argv[3] ?? 3);
const inFlight = 8;
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: inFlight });

let server = await startServer();
try {
  const rates = [];
  for (let run = 0; run < runs; run++) {
    const slices = Array.from({ length: files }, (_, i) => slice(`2.25.${Date.now()}${run}`, i));
    const byteCount = slices.reduce((sum, { length }) => sum + length, 0);
    const begun = performance.now();
    await Promise.all(Array.from({ length: inFlight }, () => sendAll(slices)));
    rates.push(byteCount / 1e3 / (performance.now() - begun));
  }
  const rssMB = server.rss();
  await server.end();
  const restarting = performance.now();
  server = await server.restart();
  while (!(await fetch(`${server.url}/readyz`)).ok) await delay(20);
  const restartSeconds = (performance.now() - restarting) / 1000;
  const restartedRssMB = server.rss();
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
}

function slice(study, number) {
  const head = part10Head({ study, series: `${study}.1`, instance: `${study}.1.${number}`, rows: 512, columns: 512 });
  return Buffer.concat([head, randomFillSync(Buffer.alloc(512 * 512 * 2))]);
}

async function sendAll(slices) {
  for (let slice = slices.pop(); slice; slice = slices.pop()) {
    const answer = await fetch(`${server.url}/dicom-web/studies`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/dicom' },
      body: slice,
      dispatcher,
    });
    if (answer.status !== 200) throw new Error(`STOW answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  }
}
