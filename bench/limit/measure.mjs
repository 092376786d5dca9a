// All phases of one bed, ceilings and archive in turn, so that a busy moment of the machine hits both.
import { accountOf } from '../../dist/ledger/keys/sign.js';
import { byteCountOf, describeImages, makeImages } from './images.mjs';
import { blocksBetween, cpuSeconds, since } from './meters.mjs';
import { loadRaw, tuneLoading } from './raw-load.mjs';
import { signImages } from './raw-plan.mjs';
import { storeRaw } from './raw-store.mjs';
import { stow, wado } from './web.mjs';

const framesPerMB = 2;

export async function measureBed(bed, settings) {
  const runs = {};
  const { inFlight, perRequest } = settings;
  const together = { inFlight: inFlight[0], perRequest };
  const sets = { images: { count: settings.images, frames: 1 } };
  if (settings.largeMB > 0) sets.large = { count: 1, frames: settings.largeMB * framesPerMB };

  const isOn = (letter) => settings.phases.includes(letter);

  const tuned = await warmUp(bed);
  for (let repeat = 0; repeat < settings.repeats; repeat++)
    for (const [kind, size] of Object.entries(sets)) {
      const images = makeImages(size);
      const { addresses } = await phase(`a.${kind}`, () => storeCeiling(size));
      await phase(`b.${kind}`, () => storeByWeb(images, together));
      if (isOn('c')) await phase(`c.${kind}`, () => loadCeiling(addresses));
      if (isOn('d')) await phase(`d.${kind}`, () => loadByWeb(images));
      if (isOn('e')) await phase(`e.${kind}`, () => loadByWeb(images));
      if (kind === 'images' && isOn('s'))
        for (const alone of inFlight)
          await phase(`b${alone}.${kind}`, () => storeByWeb(makeImages(size), { inFlight: alone, perRequest: 1 }));
    }

  return { name: bed.name, loading: tuned, phases: Object.fromEntries(summaries()), ratios: ratios() };

  async function phase(name, act) {
    const { MBPerSecond, cpu, megabytes, more, ...rest } = await act();
    const perMB = Object.fromEntries(Object.entries(cpu).map(([who, seconds]) => [who, seconds / megabytes]));
    (runs[name] ??= []).push({ MBPerSecond, megabytes, cpuSecondsPerMB: perMB, ...more });
    console.error(`  ${name} ${MBPerSecond.toFixed(2)} MB/s`);
    return rest;
  }

  async function metered(megabytes, act) {
    const from = await bed.nodes[0].blockNumber();
    const before = cpuSeconds(bed.pids);
    const seconds = await act();
    const cpu = since(before, cpuSeconds(bed.pids));
    const to = await bed.nodes[0].blockNumber();
    return { MBPerSecond: megabytes / seconds, megabytes, cpu, from, to };
  }

  async function prepare(size) {
    const account = accountOf(bed.key);
    const nonce = await bed.nodes[0].nonce(account);
    const described = await describeImages(makeImages(size), bed.keys);
    return { account, nonce, ...(await signImages({ ...bed, described, nonce })) };
  }

  async function storeCeiling(size) {
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

  async function storeByWeb(images, how) {
    const { from, to, ...metrics } = await metered(byteCountOf(images) / 1e6, () => stow(bed.storeUrl, images, how));
    // What the server's own chain does is not to be seen from here when it is embedded.
    const blocks = bed.storeUrl && bed.name !== 'embedded' ? await blocksBetween(bed.nodes[0], from, to) : undefined;
    await until(async () => (await countAt(bed.loadUrl, images[0].study)) === images.length);
    return { ...metrics, more: { blocks } };
  }

  async function loadCeiling(addresses) {
    const megabytes = (addresses.length * 15_360) / 1e6;
    let MBPerSecond;
    const metrics = await metered(megabytes, async () => {
      MBPerSecond = await loadRaw(bed.loadNode, addresses, tuned[0]);
      return megabytes / MBPerSecond;
    });
    return { ...metrics, MBPerSecond };
  }

  async function loadByWeb(images) {
    return metered(byteCountOf(images) / 1e6, () => wado(bed.loadUrl, images, tuned[0].inFlight));
  }

  /** The servers have read what the ceiling's transactions announced: that work is not the next phase's. */
  async function followed({ account, nonce, raws }) {
    await until(async () =>
      (await Promise.all(bed.nodes.map((node) => node.nonce(account)))).every((at) => at >= nonce + raws.length),
    );
    await new Promise((resolve) => setTimeout(resolve, 3_000));
  }

  async function warmUp() {
    const size = { count: Math.min(32, settings.images), frames: 1 };
    const plan = await prepare(size);
    await storeRaw(bed.nodes, { ...bed, ...plan });
    await followed(plan);
    // As often as (c) reads before it counts, so that both are of code that has run.
    const images = makeImages(size);
    await stow(bed.storeUrl, images, together);
    await until(async () => (await countAt(bed.loadUrl, images[0].study)) === images.length);
    await wado(bed.loadUrl, images, 4);
    return !isOn('c') ? [] : tuneLoading(bed.loadNode, plan.addresses);
  }

  function* summaries() {
    for (const [name, list] of Object.entries(runs))
      yield [name, { median: median(list.map(({ MBPerSecond }) => MBPerSecond)), runs: list }];
  }

  function ratios() {
    const of = (name) => median(runs[name].map(({ MBPerSecond }) => MBPerSecond));
    const ceilings = { b: 'a', d: 'c', e: 'c' };
    return Object.fromEntries(
      Object.keys(runs).flatMap((name) => {
        const [letter, kind] = name.split('.');
        const ceiling = ceilings[letter[0]];
        return ceiling ? [[`${letter}:${ceiling} ${kind}`, of(name) / of(`${ceiling}.${kind}`)]] : [];
      }),
    );
  }
}

/** How many of a study can be loaded at a site. */
async function countAt(url, study) {
  const answer = await fetch(`${url}/dicom-web/studies/${study}/instances?includefield=00080056&limit=5000`);
  if (answer.status !== 200) return 0;
  return (await answer.json()).filter((one) => one['00080056']?.Value?.[0] === 'ONLINE').length;
}

async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 100));
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
