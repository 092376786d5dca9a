// Kills a server with SIGKILL at random points while it stores, and looks after each start whether anything acknowledged is lost; at the
// end whether each image was announced once, so that what was interrupted has gone on with the same bytes and roots.
// usage: npm run kills -- [--kills 20] [--seed 1]     (exit code 1 when something is wrong)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startServer } from '../testing/server.js';
import { eventsOf, openChainOf } from '../testing/open-chain-of.js';
import { seeded } from '../testing/seeded.js';
import { retrieve, stow } from './client.js';
import { type FaultImage, newUid, randomImage } from './random-image.js';

/** A store of the images of a round takes about so long; a kill comes within it, or right before or behind it. */
const KILL_WITHIN_MS = 2_000;
const IMAGES_A_ROUND = 4;
const LANES = 3;
/** Of those that were looked at right after their round, so many are looked at again each time. */
const LOOKED_AT_AGAIN = 10;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (![kills, seed].every((number) => Number.isInteger(number) && number >= 1)) {
  console.error('usage: npm run kills -- --kills <whole number from 1> --seed <whole number from 1>');
  process.exit(2);
}

const random = seeded(seed);
const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-kills-'));
const acknowledged: FaultImage[] = [];
const wrong: string[] = [];
/** What no answer has called stored yet: it is sent again after the next start, with the same bytes. */
let open: FaultImage[] = [];
let interrupted = 0;

async function lookAt(url: string, images: readonly FaultImage[]): Promise<void> {
  for (const image of images) {
    const { status, sha256 } = await retrieve(url, image);
    if (sha256 !== image.sha256) wrong.push(`${image.SOPInstanceUID}: HTTP ${status} ${sha256 ?? ''}`);
  }
}

/** Sends what is open, image by image on some lanes, and notes what is called stored. Ends when all was sent once, or nobody answers. */
async function sendOpen(url: string): Promise<void> {
  const queue = [...open];
  const lane = async (): Promise<void> => {
    for (let image = queue.shift(); image; image = queue.shift()) {
      const answer = await stow(url, [image]).catch(() => undefined);
      if (answer === undefined) return;
      if (answer.stored.length === 0) continue;
      acknowledged.push(image);
      open = open.filter((one) => one !== image);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

console.log(`${kills} kills, seed ${seed}, ${dataFolder}`);
for (let round = 1; round <= kills; round++) {
  const server = await startServer({ dataFolder });
  await lookAt(server.url, [...acknowledged.slice(-IMAGES_A_ROUND), ...pickSome(acknowledged)]);
  const StudyInstanceUID = newUid();
  for (let image = 0; image < IMAGES_A_ROUND; image++) {
    const size = random.pick([40, 120, 300, 700]);
    open.push(randomImage(random, { StudyInstanceUID, PatientID: `P-${round % 7}`, size }));
  }
  const killing = delay(random.whole(0, KILL_WITHIN_MS)).then(() => server.kill9());
  await sendOpen(server.url);
  await killing;
  if (open.length > 0) interrupted++;
  if (round % 20 === 0) console.log(`kill ${round}: ${acknowledged.length} acknowledged, ${wrong.length} wrong`);
}

const last = await startServer({ dataFolder });
await sendOpen(last.url);
for (const { SOPInstanceUID } of open) wrong.push(`${SOPInstanceUID}: not stored in the end`);
await lookAt(last.url, acknowledged);
await last.stop();

const ledger = await openChainOf(dataFolder);
const events = await eventsOf(ledger);
await ledger.close();
const countOf = (kind: string): number => events.filter((event) => event.kind === kind).length;
const [announced, sealed, withdrawn] = [countOf('announced'), countOf('sealed'), countOf('withdrawn')];
if (announced !== acknowledged.length || sealed !== announced || withdrawn > 0)
  wrong.push(`${acknowledged.length} images, but ${announced} announced, ${sealed} sealed, ${withdrawn} withdrawn`);

for (const one of wrong) console.log(`  WRONG: ${one}`);
console.log(
  `${kills} kills, ${interrupted} of them while something was not acknowledged; ${acknowledged.length} images acknowledged, ` +
    `${announced} announced once each, ${wrong.length} wrong`,
);
if (wrong.length === 0) rmSync(dataFolder, { recursive: true });
process.exit(wrong.length === 0 ? 0 : 1);

function pickSome(images: readonly FaultImage[]): FaultImage[] {
  return images.length === 0 ? [] : Array.from({ length: LOOKED_AT_AGAIN }, () => random.pick(images));
}
