import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import pLimit from 'p-limit';
import { openServer } from '../../src/network/open-server.js';
import type { Network } from '../../src/network/network.js';
import { type ServedSite, servedSites } from '../served-sites.js';
import { startClock } from './clock.js';
import { loadPass, type PaperRun, readImages, storePass } from './measure.js';
import { createOurMethod, type OurMethod } from './our-method.js';
import { connect } from './paper-method.js';
import type { PaperImage } from './data-set.js';
import type { Pass } from './passes.js';
import type { Researcher } from './researcher.js';
import { sum } from '../statistics.js';

const IN_FLIGHT = 8;
/** Eight that ask site B as often as one does would be a load of their own. */
const TOGETHER_ASK_EVERY_MS = 100;
const WITHOUT_PREVIEW = pathToFileURL(path.join(import.meta.dirname, 'without-preview.js')).href;

export interface OurRun extends PaperRun {
  passes: readonly Pass[];
  repeats: number;
  onUnit: (unit: { images: readonly PaperImage[] }) => void;
}

/** All passes of this project, one image at a time, and in each repeat the whole sample with 8 requests in flight. */
export async function runOurPasses(network: Network, { passes, repeats, ...run }: OurRun): Promise<void> {
  const { sites, first: a } = servedSites(network);
  const b = sites[1] ?? a;
  const provider = connect(a.node.rpc, network.chainId);
  const servers = previewSwitch(a);
  const plain = createOurMethod({ urlA: a.server.url, urlB: b.server.url });
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
async function warmUp(
  method: OurMethod,
  { state, patients, withPreview }: PaperRun & { withPreview: boolean },
): Promise<void> {
  const { id, images } = patients[0]!;
  const number = state.begin(id);
  const stored = { patientId: `warm-up-${number}-${id}`, images: await readImages(images.slice(0, 1), number) };
  await method.store(stored, { withPreview });
}

/** Site A's server as it is, or one that makes no previews; on the same folder and port, so never both. */
function previewSwitch({ name, server }: ServedSite): {
  run(options: { withPreview: boolean }): Promise<void>;
  close(): Promise<void>;
} {
  const folder = path.dirname(server.dataFolder);
  let other: Awaited<ReturnType<typeof openServer>> | undefined;
  return {
    run: async ({ withPreview }) => {
      if (withPreview === (other === undefined)) return;
      if (withPreview) {
        await other?.stop();
        other = undefined;
        await server.start();
        return;
      }
      await server.stop();
      const environment = { ...readEnvironment(folder), NODE_OPTIONS: `--import=${WITHOUT_PREVIEW}` };
      other = await openServer({ name, folder, port: Number(new URL(server.url).port), environment });
      await other.start();
    },
    close: async () => other?.stop(),
  };
}

function readEnvironment(folder: string): Record<string, string> {
  const file = path.join(folder, 'server.env');
  if (!existsSync(file)) throw new Error(`${file} is not there; start the run again with --fresh.`);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** Counts the transactions of the site's account besides. */
function counting({ store, load }: Researcher, transactionCount: () => Promise<number>): Researcher {
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
async function storeTogether(
  { storeImage }: OurMethod,
  { state, patients, repeat, onUnit }: PaperRun & Pick<OurRun, 'onUnit'> & { repeat: number },
): Promise<void> {
  const key = `together/${repeat}`;
  if (state.has(key)) return;
  const limit = pLimit(IN_FLIGHT);
  const numbers = new Map(patients.map(({ id }) => [id, state.begin(id)]));
  const elapsed = startClock();
  const times = await Promise.all(
    patients.flatMap(({ id, images, isAdded = false }) =>
      images.map((image) =>
        limit(async () => {
          const number = numbers.get(id)!;
          const fresh = (await readImages([image], number))[0]!;
          const patientId = `ours-together-r${repeat}-${number}-${id}`;
          const time = await storeImage(patientId, fresh, { withPreview: true, askEveryMs: TOGETHER_ASK_EVERY_MS });
          onUnit({ images: [image] });
          return { ...time, isAdded, byteCount: fresh.bytes.length };
        }),
      ),
    ),
  );
  const byteCount = sum(times.map((time) => time.byteCount));
  state.add({ key, together: true, repeat, inFlight: IN_FLIGHT, byteCount, wallMs: elapsed(), images: times });
}
