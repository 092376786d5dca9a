import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import pLimit from 'p-limit';
import { openServer } from '../../dist/network/open-server.js';
import { startClock } from './clock.mjs';
import { loadPass, readImages, storePass } from './measure.mjs';
import { openOurMethod } from './our-method.mjs';
import { connect } from './paper-method.mjs';

const inFlight = 8;
/** Eight that ask site B as often as one does would be a load of their own. */
const togetherAskEveryMs = 100;
const withoutPreview = pathToFileURL(path.join(import.meta.dirname, 'without-preview.mjs')).href;

/** All passes of this project, one image at a time, and in each repeat the whole sample with 8 requests in flight. */
export async function runOurPasses(network, { passes, repeats, ...run }) {
  const [a, b] = network.sites;
  const provider = connect(a.node.rpc, network.chainId);
  const servers = previewSwitch(a);
  const plain = openOurMethod({ urlA: a.server.url, urlB: b.server.url });
  const method = counting(plain, () => provider.getTransactionCount(a.account, 'latest'));
  try {
    for (let repeat = 1; repeat <= repeats; repeat++) {
      for (const withPreview of [true, false]) {
        const own = passes.filter((pass) => pass.repeat === repeat && pass.withPreview === withPreview);
        await servers.run({ withPreview });
        await warmUp(plain, { ...run, withPreview });
        for (const pass of own) {
          await storePass(run, method, pass);
          await loadPass(run, method, pass);
        }
        if (withPreview) await storeTogether(plain, { ...run, repeat });
      }
    }
  } finally {
    await servers.close();
    provider.destroy();
  }
}

/** A server that has just started is slower at first. */
async function warmUp(method, { state, patients, withPreview }) {
  const [{ id, images }] = patients;
  const number = state.begin(id);
  const stored = { patientId: `warm-up-${number}-${id}`, images: await readImages(images.slice(0, 1), number) };
  await method.store(stored, { withPreview });
}

/** Site A's server as it is, or one that makes no previews; on the same folder and port, so never both. */
function previewSwitch({ name, server }) {
  const folder = path.dirname(server.dataFolder);
  let other;
  return {
    run: async ({ withPreview }) => {
      if (withPreview === (other === undefined)) return;
      if (withPreview) {
        await other.stop();
        other = undefined;
        await server.start();
        return;
      }
      await server.stop();
      const environment = { ...readEnvironment(folder), NODE_OPTIONS: `--import=${withoutPreview}` };
      other = await openServer({ name, folder, port: Number(new URL(server.url).port), environment });
      await other.start();
    },
    close: async () => other?.stop(),
  };
}

function readEnvironment(folder) {
  const file = path.join(folder, 'server.env');
  if (!existsSync(file)) throw new Error(`${file} is not there; start the run again with --fresh.`);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** Counts the transactions of the site's account besides. */
function counting({ store, load }, transactionCount) {
  return {
    load,
    store: async (stored, pass) => {
      const before = await transactionCount();
      const times = await store(stored, pass);
      return { ...times, transactions: (await transactionCount()) - before };
    },
  };
}

/** Every image of the sample, 8 requests in flight, with preview. */
async function storeTogether({ storeImage }, { state, patients, repeat, onUnit }) {
  const key = `together/${repeat}`;
  if (state.has(key)) return;
  const limit = pLimit(inFlight);
  const numbers = new Map(patients.map(({ id }) => [id, state.begin(id)]));
  const elapsed = startClock();
  const times = await Promise.all(
    patients.flatMap(({ id, images, isAdded = false }) =>
      images.map((image) =>
        limit(async () => {
          const number = numbers.get(id);
          const [fresh] = await readImages([image], number);
          const patientId = `ours-together-r${repeat}-${number}-${id}`;
          const time = await storeImage(patientId, fresh, { withPreview: true, askEveryMs: togetherAskEveryMs });
          onUnit({ images: [image] });
          return { ...time, isAdded, byteCount: fresh.bytes.length };
        }),
      ),
    ),
  );
  const byteCount = times.reduce((sum, time) => sum + time.byteCount, 0);
  state.add(key, { together: true, repeat, inFlight, byteCount, wallMs: elapsed(), images: times });
}
