import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import pLimit from 'p-limit';
import { openServer } from '../../dist/network/open-server.js';
import { startClock } from './clock.mjs';
import { freshUnit, measurePass } from './measure.mjs';
import { openOurMethod } from './our-method.mjs';
import { connect } from './paper-method.mjs';
import { unitsOf } from './passes.mjs';

const inFlight = 8;
const withoutPreview = pathToFileURL(path.join(import.meta.dirname, 'without-preview.mjs')).href;

/** All passes of this project, one image at a time, and after each repeat the whole sample with 8 requests in flight. */
export async function runOurPasses(network, { state, patients, passes, repeats, progress, warmUp }) {
  const [a, b] = network.sites;
  const provider = connect(a.node.rpc, network.chainId);
  const servers = previewSwitch(a);
  const plain = openOurMethod({ urlA: a.server.url, urlB: b.server.url });
  const method = counting(plain, () => provider.getTransactionCount(a.account, 'latest'));
  try {
    for (let repeat = 1; repeat <= repeats; repeat++) {
      for (const withPreview of [true, false]) {
        await servers.run({ withPreview });
        await plain.store(await freshUnit(state, { unit: warmUp, prefix: 'warm-up' }), { withPreview });
        const onUnit = ({ images }) => progress.images(images.length);
        for (const pass of passes.filter((one) => one.repeat === repeat && one.withPreview === withPreview))
          await measurePass({ state, patients, method, implementation: 'ours', onUnit }, pass);
        if (withPreview) await storeTogether(plain, { state, patients, repeat, progress });
      }
    }
  } finally {
    await servers.close();
    provider.destroy();
  }
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
async function storeTogether({ storeImage }, { state, patients, repeat, progress }) {
  const key = `ours/together/${repeat}`;
  if (state.has(key)) return;
  const limit = pLimit(inFlight);
  const fresh = await Promise.all(
    unitsOf(patients, 'patient').map(async (unit) => ({
      ...(await freshUnit(state, { unit, prefix: `ours-together-r${repeat}` })),
      isAdded: unit.isAdded,
    })),
  );
  const elapsed = startClock();
  const times = await Promise.all(
    fresh.flatMap(({ patientId, images, isAdded }) =>
      images.map((image) =>
        limit(async () => {
          const time = await storeImage(patientId, image, { withPreview: true, askEveryMs: 100 });
          progress.images(1);
          return { ...time, isAdded };
        }),
      ),
    ),
  );
  const byteCount = fresh.flatMap(({ images }) => images).reduce((sum, { bytes }) => sum + bytes.length, 0);
  state.add(key, {
    implementation: 'ours',
    together: true,
    repeat,
    inFlight,
    byteCount,
    wallMs: elapsed(),
    images: times,
  });
}
