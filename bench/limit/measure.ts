import type { DicomJson } from '../../src/standard/dicom-json.js';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../src/base/testing/until.js';
import { accountOf } from '../../src/ledger/keys/sign.js';
import type { Hex } from '../../src/ledger/ethereum/hex.js';
import { type CpuSeconds, cpuSeconds, since } from '../cpu-seconds.js';
import { interpolatedMedian } from '../statistics.js';
import { type Image, stow, wado } from '../stow-and-wado.js';
import { type Blocks, blocksBetween } from './blocks-between.js';
import { byteCountOf, describeImages, type ImageSet, makeImages } from './images.js';
import type { LimitBed } from './open-bed.js';
import { loadRaw, type TriedReading, tuneLoading } from './raw-load.js';
import { type SignedImages, signImages } from './raw-plan.js';
import { storeRaw } from './raw-store.js';

const FRAMES_PER_MB = 2;
const WAIT = { timeoutMs: 600_000, pauseMs: 100 };
/** What the servers read of the ceiling's transactions is not the next phase's work. */
const FOLLOWING_MS = 3_000;
const CHUNK_BYTES = 15_360;
/** Phase → the ceiling that it is compared with. */
const CEILINGS: Record<string, string> = { b: 'a', d: 'c', e: 'c' };

export interface LimitSettings {
  repeats: number;
  /** Images of half a megabyte. */
  images: number;
  /** Megabytes of the one large object; none when 0. */
  largeMB: number;
  /** Letters of the phases; a and b are always measured. */
  phases: string;
  inFlight: number[];
  perRequest: number;
  /** Settings of the servers. */
  server: Record<string, string>;
}

/** One phase of one repeat. */
export interface PhaseRun {
  MBPerSecond: number;
  megabytes: number;
  cpuSecondsPerMB: CpuSeconds;
  refused?: number;
  transactions?: number;
  blocks?: Blocks | undefined;
}

export interface BedFigures {
  name: string;
  /** The best first. */
  loading: TriedReading[];
  /** By name, `a.images`. */
  phases: Record<string, { median: number; runs: PhaseRun[] }>;
  /** `b:a images` → MB/s of b by those of a. */
  ratios: Record<string, number>;
}

/** What a phase took, and what goes into its record besides. */
interface Metered {
  MBPerSecond: number;
  megabytes: number;
  cpu: CpuSeconds;
  more?: Partial<PhaseRun>;
}

/** All phases of one bed, ceilings and archive in turn, so that a busy moment of the machine hits both. */
export async function measureBed(bed: LimitBed, settings: LimitSettings): Promise<BedFigures> {
  const runs: Record<string, PhaseRun[]> = {};
  const { inFlight, perRequest } = settings;
  const together = { inFlight: inFlight[0]!, perRequest };
  const sets: Record<string, ImageSet> = { images: { count: settings.images, frames: 1 } };
  if (settings.largeMB > 0) sets['large'] = { count: 1, frames: settings.largeMB * FRAMES_PER_MB };

  const isOn = (letter: string): boolean => settings.phases.includes(letter);

  const tuned = await warmUp();
  for (let repeat = 0; repeat < settings.repeats; repeat++)
    for (const [kind, size] of Object.entries(sets)) {
      const images = makeImages(size);
      const { addresses } = await phase(`a.${kind}`, () => storeCeiling(size));
      await phase(`b.${kind}`, () => storeByWeb(images, together));
      if (isOn('c')) await phase(`c.${kind}`, () => loadCeiling(addresses));
      if (isOn('d')) {
        await emptyCache();
        await phase(`d.${kind}`, () => loadByWeb(images));
      }
      if (isOn('e')) await phase(`e.${kind}`, () => loadByWeb(images));
      if (kind === 'images' && isOn('s'))
        for (const alone of inFlight)
          await phase(`b${alone}.${kind}`, () => storeByWeb(makeImages(size), { inFlight: alone, perRequest: 1 }));
    }

  return { name: bed.name, loading: tuned, phases: summaries(), ratios: ratios() };

  async function phase<T extends Metered>(name: string, act: () => Promise<T>): Promise<T> {
    const metered = await act();
    const { MBPerSecond, cpu, megabytes, more } = metered;
    const perMB = Object.fromEntries(Object.entries(cpu).map(([who, seconds]) => [who, seconds / megabytes]));
    (runs[name] ??= []).push({ MBPerSecond, megabytes, cpuSecondsPerMB: perMB, ...more });
    console.error(`  ${name} ${MBPerSecond.toFixed(2)} MB/s`);
    return metered;
  }

  /** `act` says how many seconds count. */
  async function metered(
    megabytes: number,
    act: () => Promise<number>,
  ): Promise<Metered & { from: number; to: number }> {
    const from = await bed.nodes[0].blockNumber();
    const before = cpuSeconds(bed.pids);
    const seconds = await act();
    const cpu = since(before, cpuSeconds(bed.pids));
    const to = await bed.nodes[0].blockNumber();
    return { MBPerSecond: megabytes / seconds, megabytes, cpu, from, to };
  }

  async function prepare(size: ImageSet): Promise<Prepared> {
    const account = accountOf(bed.key);
    const nonce = await bed.nodes[0].nonce(account);
    const described = await describeImages(makeImages(size), bed.naming);
    return { account, nonce, ...(await signImages({ ...bed, described, nonce })) };
  }

  async function storeCeiling(size: ImageSet): Promise<Metered & { addresses: Hex[] }> {
    const plan = await prepare(size);
    let refused = 0;
    const { from, to, ...metrics } = await metered(plan.byteCount / 1e6, async () => {
      const done = await storeRaw(bed.nodes, { ...bed, ...plan });
      refused = done.refused;
      return done.seconds;
    });
    const blocks = await blocksBetween(bed.nodes[0], from, to);
    await followed(plan);
    return { ...metrics, more: { refused, transactions: plan.raws.length, blocks }, addresses: plan.addresses };
  }

  async function storeByWeb(images: readonly Image[], how: typeof together): Promise<Metered> {
    const { from, to, ...metrics } = await metered(byteCountOf(images) / 1e6, () => stow(bed.storeUrl, images, how));
    // What the server's own chain does is not to be seen from here when it is embedded.
    const blocks = bed.storeUrl && bed.name !== 'embedded' ? await blocksBetween(bed.nodes[0], from, to) : undefined;
    await untilLoadable(images);
    return { ...metrics, more: { blocks } };
  }

  async function loadCeiling(addresses: readonly Hex[]): Promise<Metered> {
    const megabytes = (addresses.length * CHUNK_BYTES) / 1e6;
    let MBPerSecond = NaN;
    const metrics = await metered(megabytes, async () => {
      MBPerSecond = await loadRaw(bed.loadNode, addresses, tuned[0]!);
      return megabytes / MBPerSecond;
    });
    return { ...metrics, MBPerSecond };
  }

  /** A site keeps what it stores for its readers, behind the answer: all files are removed, once no more come. */
  async function emptyCache(): Promise<void> {
    let before = -1;
    await until(
      `${bed.loadCache} to grow no more`,
      async () => {
        const count = readdirSync(bed.loadCache).length;
        const isStill = count === before;
        before = count;
        return isStill;
      },
      { ...WAIT, pauseMs: 500 },
    );
    for (const name of readdirSync(bed.loadCache)) rmSync(path.join(bed.loadCache, name), { force: true });
  }

  async function loadByWeb(images: readonly Image[]): Promise<Metered> {
    return metered(byteCountOf(images) / 1e6, () => wado(bed.loadUrl, images, tuned[0]!.inFlight));
  }

  /** The servers have read what the ceiling's transactions announced, and the contract says that they had their effect. */
  async function followed({ account, nonce, raws, imageIds }: Prepared): Promise<void> {
    await until(
      'all nodes to have the transactions in blocks',
      async () => {
        const nonces = await Promise.all(bed.nodes.map((node) => node.nonce(account)));
        return nonces.every((at) => at >= nonce + raws.length);
      },
      WAIT,
    );
    for (const imageId of imageIds) {
      const { state } = await bed.contract.image(imageId);
      if (state !== 'sealed')
        throw new Error(`Image ${imageId} is ${state}, not sealed: its transactions had no effect.`);
    }
    await delay(FOLLOWING_MS);
  }

  async function untilLoadable(images: readonly Image[]): Promise<void> {
    const study = images[0]!.study;
    await until(
      `${images.length} images at ${bed.loadUrl}`,
      async () => (await countAt(bed.loadUrl, study)) === images.length,
      WAIT,
    );
  }

  async function warmUp(): Promise<TriedReading[]> {
    const size = { count: Math.min(32, settings.images), frames: 1 };
    const plan = await prepare(size);
    await storeRaw(bed.nodes, { ...bed, ...plan });
    await followed(plan);
    // As often as (c) reads before it counts, so that both are of code that has run.
    const images = makeImages(size);
    await stow(bed.storeUrl, images, together);
    await untilLoadable(images);
    await wado(bed.loadUrl, images, 4);
    return !isOn('c') ? [] : tuneLoading(bed.loadNode, plan.addresses);
  }

  function summaries(): BedFigures['phases'] {
    return Object.fromEntries(Object.entries(runs).map(([name, list]) => [name, { median: rateOf(list), runs: list }]));
  }

  function ratios(): BedFigures['ratios'] {
    return Object.fromEntries(
      Object.entries(runs).flatMap(([name, list]) => {
        const [letter, kind] = name.split('.') as [string, string];
        const ceiling = CEILINGS[letter.charAt(0)];
        return ceiling
          ? [[`${letter}:${ceiling} ${kind}`, rateOf(list) / rateOf(runs[`${ceiling}.${kind}`] ?? [])]]
          : [];
      }),
    );
  }
}

type Prepared = SignedImages & { account: Hex; nonce: number };

const rateOf = (runs: readonly PhaseRun[]): number => interpolatedMedian(runs.map(({ MBPerSecond }) => MBPerSecond));

/** How many of a study can be loaded at a site. */
async function countAt(url: string, study: string): Promise<number> {
  const answer = await fetch(`${url}/dicom-web/studies/${study}/instances?includefield=00080056&limit=5000`);
  if (answer.status !== 200) return 0;
  return ((await answer.json()) as DicomJson[]).filter((one) => one['00080056']?.Value?.[0] === 'ONLINE').length;
}
