// How soon a site finds what another has stored, once the keys of its ring come: two servers on release 2, a chain of this process.
// usage: npm run bench:sharing -- [--studies 1000] [--images 10]
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openSharingSites, type SharingSite } from '../../conformance/consortium/testing/sharing-sites.js';
import { writeRingLetter } from '../../conformance/consortium/testing/write-ring-letter.js';
import { done } from '../../conformance/testing/command-line.js';
import { metric, stow } from '../../conformance/testing/dicomweb-client.js';
import { ctSlice, newUid } from '../../conformance/testing/make-dicom.js';
import { until } from '../../src/base/testing/until.js';
import { cpuSecondsOf } from '../cpu-seconds.js';
import { inLanes } from '../in-lanes.js';
import { commandOf, commit, load, machine } from '../machine.js';
import { round } from '../statistics.js';

const IMAGE_SIZE = 16;
const WAIT = { timeoutMs: 3_600_000, pauseMs: 200 };
const LOOK_EVERY_MS = 100;

const { values: args } = parseArgs({
  options: { studies: { type: 'string', default: '1000' }, images: { type: 'string', default: '10' } },
});
const [studies, perStudy] = [Number(args.studies), Number(args.images)];
const images = studies * perStudy;

const here = machine();
const bed = await openSharingSites(2);
try {
  const [storing, other] = bed.sites as [SharingSite, SharingSite];
  let begun = performance.now();
  await inLanes(studies, (i) => storeStudy(storing, i));
  console.error(`${images} images are stored after ${secondsSince(begun)} s.`);
  const letter = path.join(bed.folder, 'letter');
  await writeRingLetter(storing, other, letter);
  const locked = (): Promise<number> => metric(other.url, 'dicom_ledger_locked_announcements');
  await until('the other site to have all of them, locked', async () => (await locked()) === images, WAIT);

  begun = performance.now();
  const cpuBefore = cpuSecondsOf(other.server.pid);
  await done(other.run('letter', 'take', letter));
  const takenSeconds = secondsSince(begun);
  const foundSeconds: Record<string, number> = {};
  for (let found = 0; found < images;) {
    found = await countAt(other, 'instances');
    for (const part of [1 / images, 0.5, 1])
      if (found >= part * images) foundSeconds[`${Math.round(part * images)}`] ??= secondsSince(begun);
    await sleep(LOOK_EVERY_MS);
  }
  console.log(
    JSON.stringify(
      {
        command: commandOf('sharing'),
        commit: commit(),
        ...{ node: here.node, cpu: here.cpu, cores: here.cores, load: here.load, loadAtEnd: load() },
        ...{ studies, images, studiesFound: await countAt(other, 'studies') },
        cpuSecondsOfItsServer: round(cpuSecondsOf(other.server.pid) - cpuBefore),
        ...{ letterTakenSeconds: takenSeconds, instancesFoundAfterSeconds: foundSeconds },
      },
      null,
      2,
    ),
  );
} finally {
  await bed.close();
}

async function storeStudy({ url }: SharingSite, index: number): Promise<void> {
  const uids = { StudyInstanceUID: newUid(), SeriesInstanceUID: newUid() };
  const files = Array.from({ length: perStudy }, (_, i) =>
    ctSlice({ ...uids, PatientID: `P-${index}`, InstanceNumber: String(i + 1) }, { size: IMAGE_SIZE }),
  );
  const response = await stow(url, files);
  const answer = await response.text();
  if (response.status !== 200) throw new Error(`A study was not stored: ${response.status} ${answer}`);
}

/** What QIDO finds there. */
async function countAt({ url }: SharingSite, level: 'studies' | 'instances'): Promise<number> {
  const response = await fetch(`${url}/dicom-web/${level}?limit=1`, { headers: { Accept: 'application/dicom+json' } });
  await response.text();
  return response.status === 200 ? Number(response.headers.get('X-Total-Count')) : 0;
}

function secondsSince(begun: number): number {
  return round((performance.now() - begun) / 1000);
}
