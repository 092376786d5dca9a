// What it costs a site to verify what another has stored: chest X-rays are stored as fast as one site's chain takes them, and a second
// site verifies them meanwhile. Then two empty servers catch up, one with the account of the site that has stored, which verifies
// nothing, and one with the other's: what the second takes more is verification.
// usage: npm run bench:verify -- [--images 128] [--copies 4] [--in-flight 8] [--repeats 3] [--folder <folder of PNG or JPEG>] [--out bench/reports]
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { crc32 } from 'node:zlib';
import { request } from 'undici';
import { metric } from '../../conformance/testing/dicomweb-client.js';
import type { RunningServer } from '../../conformance/testing/server.js';
import { untilNothingWaits } from '../../conformance/trust/testing/admin-answers.js';
import { startEmbedded } from '../../conformance/trust/testing/attacked-chains.js';
import { type HonestSite, openTrustBed } from '../../conformance/trust/testing/trust-bed.js';
import { cpuSecondsOf } from '../cpu-seconds.js';
import { REPORTS_FOLDER, SAMPLES_FOLDER } from '../folders.js';
import { inLanes } from '../in-lanes.js';
import { commit, load, machine } from '../machine.js';
import { openAgent } from '../open-agent.js';
import { startBenchServer } from '../start-bench-server.js';
import { median, round, sum } from '../statistics.js';

const { values: args } = parseArgs({
  options: {
    images: { type: 'string', default: '128' },
    copies: { type: 'string', default: '4' },
    'in-flight': { type: 'string', default: '8' },
    repeats: { type: 'string', default: '3' },
    folder: { type: 'string', default: path.join(SAMPLES_FOLDER, 'chest-xray', 'images') },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});
const WATCH_EVERY_MS = 100;
/** Of a PNG: its signature and its first chunk. */
const IHDR_END = 33;
const before = machine();
const dispatcher = openAgent({ connections: 64 });
const images = readdirSync(args.folder)
  .filter((name) => /\.(png|jpe?g)$/i.test(name))
  .sort()
  .slice(0, Number(args.images))
  .map((name) => ({ name, bytes: readFileSync(path.join(args.folder, name)) }));
const files = Array.from({ length: Number(args.copies) }, (_, copy) =>
  images.map(({ name, bytes }) => ({ name, bytes: withComment(bytes, `copy ${copy}`) })),
).flat();
const megabytes = sum(files.map(({ bytes }) => bytes.length)) / 1e6;

/** The file with a comment: of a PNG a chunk after IHDR (PNG §11.3.4.3), of a JPEG a segment after SOI (ITU-T T.81 §B.2.4.5). */
function withComment(file: Buffer, comment: string): Buffer {
  if (file[0] === 0xff) {
    const segment = Buffer.from([0xff, 0xfe, 0, comment.length + 2]);
    return Buffer.concat([file.subarray(0, 2), segment, Buffer.from(comment, 'latin1'), file.subarray(2)]);
  }
  const content = Buffer.from(`tEXtComment\0${comment}`, 'latin1');
  const byteCount = Buffer.alloc(4);
  byteCount.writeUInt32BE(content.length - 4);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(content));
  return Buffer.concat([file.subarray(0, IHDR_END), byteCount, content, check, file.subarray(IHDR_END)]);
}

/** Seconds from the first request to the last answer. */
async function storeAll({ url }: RunningServer): Promise<number> {
  const begun = performance.now();
  const store = async (index: number): Promise<void> => {
    const { name, bytes } = files[index]!;
    const form = new FormData();
    const mediaType = /\.png$/i.test(name) ? 'image/png' : 'image/jpeg';
    form.append('file', new Blob([new Uint8Array(bytes)], { type: mediaType }), name);
    const answer = await fetch(`${url}/dicom-web/patients/BENCH-${index}/images`, { method: 'POST', body: form });
    if (answer.status !== 200) throw new Error(`${name} was answered ${answer.status}: ${await answer.text()}`);
  };
  await inLanes(files.length, store, Number(args['in-flight']));
  return (performance.now() - begun) / 1000;
}

/** The most instances that waited to be verified, looked at ten times a second. */
function watchBacklog({ url }: RunningServer): { stop(): Promise<number> } {
  let most = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      most = Math.max(most, await metric(url, 'dicom_ledger_unverified_instances'));
      await sleep(WATCH_EVERY_MS);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await watching;
      return most;
    },
  };
}

/** CPU seconds of a new server with the account of a site, from its start until it has read and verified everything. */
async function catchUp({ settings }: HonestSite): Promise<number> {
  const server = await startBenchServer({ environment: settings });
  try {
    await untilNothingWaits(server.url);
    await allOnline(server);
    return cpuSecondsOf(server.pid);
  } finally {
    await server.stop();
  }
}

/** Throws unless every image is ONLINE. */
async function allOnline({ url }: RunningServer): Promise<void> {
  const answer = await request(`${url}/dicom-web/instances?limit=5000`, { dispatcher });
  const found = (await answer.body.json()) as Record<string, { Value?: unknown[] }>[];
  const online = found.filter((one) => one['00080056']?.Value?.[0] === 'ONLINE').length;
  if (online !== files.length) throw new Error(`${online} of ${files.length} images are ONLINE.`);
}

const bed = await openTrustBed(startEmbedded);
try {
  const [storing, verifying, third] = bed.sites;
  await third.server.stop();
  const cpuBefore = cpuSecondsOf(verifying.server.pid);
  const backlog = watchBacklog(verifying.server);
  let [storeSeconds, lagSeconds, most] = [0, 0, 0];
  try {
    storeSeconds = await storeAll(storing.server);
    const begun = performance.now();
    await untilNothingWaits(verifying.url);
    lagSeconds = (performance.now() - begun) / 1000;
  } finally {
    most = await backlog.stop();
  }
  await allOnline(verifying.server);
  const cpuSeconds = cpuSecondsOf(verifying.server.pid) - cpuBefore;
  await Promise.all([storing, verifying].map(({ server }) => server.stop()));

  const runs: { own: number; other: number }[] = [];
  for (let run = 0; run < Number(args.repeats); run++)
    runs.push({ own: await catchUp(storing), other: await catchUp(verifying) });
  const more = median(runs.map(({ own, other }) => other - own));
  const report = `# What it costs to verify what another site has stored

\`npm run bench:verify\`. ${images.length} images of ${path.basename(path.dirname(args.folder))}, each ${args.copies} times with another comment (${round(megabytes)} MB), are
stored at one site, ${args['in-flight']} at a time, on an embedded chain, in ${round(storeSeconds)} s: ${round(megabytes / storeSeconds)} MB/s. Meanwhile a second site reads, verifies and shows them.

- Of the images that were sealed, at most ${most} waited to be verified at the second site; ${round(lagSeconds)} s after the last answer of the first, all
  were ONLINE there. The second site took ${round(cpuSeconds)} s of CPU in all.
- A server that starts with nothing and catches up takes ${runs.map(({ own }) => round(own)).join(', ')} s of CPU with the account of the site that has stored, and ${runs
    .map(({ other }) => round(other))
    .join(', ')} s with
  the other's. The median of the differences, ${round(more)} s, is verification: **${round((100 * more) / storeSeconds)} % of a core** at the speed above. The goal is 5 %.

${new Date().toISOString().slice(0, 10)}, commit ${commit()}, ${before.cpu}, ${before.cores} cores, Node ${before.node}; load before ${before.load.join(' ')}, after ${load().join(' ')}.
`;
  mkdirSync(args.out, { recursive: true });
  writeFileSync(path.join(args.out, 'verify.md'), report);
  console.log(report);
} finally {
  await bed.close();
}
