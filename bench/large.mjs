// A multi-frame object of 500 MB (or the MB given) in by STOW-RS, frames out by WADO-RS: seconds, MB/s and resident memory.
// usage: node bench/large.mjs [megabytes]
import { openAsBlob } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { randomFillSync } from 'node:crypto';
import { Agent, fetch } from 'undici';
import { part10Head } from './part10.mjs';
import { median, startServer } from './server.mjs';

const megabytes = Number(process.argv[2] ?? 500);
const size = 1024;
const frameBytes = size * size * 2;
const frameCount = Math.ceil((megabytes * 1e6) / frameBytes);
const uid = (n) => `2.25.${process.pid}${Date.now()}${n}`;
const [study, series, instance] = [uid(1), uid(2), uid(3)];
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

const server = await startServer();
const file = path.join(server.folder, 'large.dcm');
try {
  await writeObject(file);
  const idle = server.rss();
  const begun = performance.now();
  const answer = await fetch(`${server.url}/dicom-web/studies`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/dicom' },
    body: await openAsBlob(file),
    dispatcher,
  });
  const storeSeconds = (performance.now() - begun) / 1000;
  if (answer.status !== 200) throw new Error(`STOW answered ${answer.status}: ${await answer.text()}`);
  const stored = server.rss();
  const frames = {};
  for (const [name, number] of [
    ['first', 1],
    ['middle', Math.ceil(frameCount / 2)],
    ['last', frameCount],
  ]) {
    frames[name] = [];
    for (let i = 0; i < 3; i++) frames[name].push(await frameMs(number + (name === 'last' ? -i : i)));
  }
  console.log(
    JSON.stringify(
      {
        megabytes: (frameBytes * frameCount) / 1e6,
        frames: frameCount,
        storeSeconds: +storeSeconds.toFixed(1),
        storeMBPerSecond: +((frameBytes * frameCount) / 1e6 / storeSeconds).toFixed(2),
        coldFrameMs: Object.fromEntries(
          Object.entries(frames).map(([name, times]) => [name, Math.round(median(times))]),
        ),
        rssMB: {
          idle: idle.nowMB,
          peakWhileStoring: stored.peakMB,
          afterFrames: server.rss().nowMB,
          peak: server.rss().peakMB,
        },
      },
      null,
      2,
    ),
  );
} finally {
  await rm(file, { force: true });
  await server.stop();
}

async function frameMs(number) {
  const begun = performance.now();
  const answer = await fetch(
    `${server.url}/dicom-web/studies/${study}/series/${series}/instances/${instance}/frames/${number}`,
    {
      headers: { Accept: 'application/octet-stream; transfer-syntax=*' },
      dispatcher,
    },
  );
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (bytes.length !== frameBytes || bytes.readUInt32LE(0) !== number)
    throw new Error(`Frame ${number}: ${answer.status}, ${bytes.length} bytes.`);
  return performance.now() - begun;
}

/** Each frame begins with its number, the rest is noise, so that no two pieces are alike. */
async function writeObject(name) {
  const handle = await open(name, 'w');
  await handle.write(part10Head({ study, series, instance, rows: size, columns: size, frameCount }));
  const frame = Buffer.alloc(frameBytes);
  for (let number = 1; number <= frameCount; number++) {
    randomFillSync(frame);
    frame.writeUInt32LE(number, 0);
    await handle.write(frame);
  }
  await handle.close();
}
