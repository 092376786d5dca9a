import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Agent, request } from 'undici';
import { fillCatalog } from '../growth/fill.js';
import { part10Of } from '../growth/header.js';
import { inLanes } from '../in-lanes.js';
import { isWantedWork, measureWorks, type MeasureOptions } from './measure-works.js';
import type { Lane } from './load/open-lane.js';
import type { Measured, OrthancRun } from './report/results.js';
import type { Work } from './rows/row.js';
import { largeSearchWorks } from './rows/searches.js';
import { startWork } from './rows/starts.js';
import type { Archive } from './servers/archive.js';
import type { FoundOrthanc } from './servers/find-orthanc.js';
import { openOrthanc } from './servers/open-orthanc.js';
import { openOurs } from './servers/open-ours.js';
import type { Sizes } from './sizes.js';

/** Instances that Orthanc is given between looks at the clock, and posts at a time. */
const FILL = { step: 1_000, lanes: 2 };

export interface CatalogOptions extends MeasureOptions {
  /** Catalogues that are found full in it are measured again. */
  folder: string;
  lane: Lane;
  orthanc: FoundOrthanc;
  sizes: Sizes;
}

/** Searches of large catalogues in servers of their own: at equal numbers, as far as Orthanc could be filled in its minutes; then of a larger one in ours alone. */
export async function measureCatalogs(options: CatalogOptions): Promise<Measured & Pick<OrthancRun, 'catalog'>> {
  const { folder, orthanc, sizes, say } = options;
  const theirs = openOrthanc(path.join(folder, `orthanc-${sizes.instances}`), orthanc);
  const worksAt = worksOf(options);
  const measured: Measured[] = [];
  let catalog: OrthancRun['catalog'];
  if (worksAt([], sizes.instances).length > 0) {
    const filled = await filledOnce(theirs, () => fillOrthanc(theirs, sizes));
    say(`Orthanc has ${filled.instances} instances after ${Math.round(filled.seconds)} s.`);
    const ours = await filledOurs(options, filled.instances);
    catalog = { instances: filled.instances, fillSeconds: { ours: ours.seconds, Orthanc: filled.seconds } };
    measured.push(
      await measureIn([ours.archive, theirs], (both) => measureWorks(worksAt(both, filled.instances), options)),
    );
  }
  if (sizes.instancesAlone > 0 && worksAt([], sizes.instancesAlone).length > 0) {
    const { archive, seconds } = await filledOurs(options, sizes.instancesAlone);
    if (catalog) catalog.oursAlone = { instances: sizes.instancesAlone, fillSeconds: seconds };
    measured.push(await measureIn([archive], (alone) => measureWorks(worksAt(alone, sizes.instancesAlone), options)));
  }
  return {
    rows: measured.flatMap(({ rows }) => rows),
    faults: measured.flatMap(({ faults }) => faults),
    ...(catalog && { catalog }),
  };
}

const worksOf =
  (options: CatalogOptions) =>
  (archives: readonly Archive[], instances: number): Work[] => {
    const tools = { lane: options.lane, archives, seconds: options.sizes.seconds };
    const start = startWork(archives, `start, ${instances.toLocaleString('en')} instances`);
    return [...largeSearchWorks(tools, instances), start].filter(isWantedWork(options));
  };

async function measureIn<T extends readonly Archive[]>(
  archives: T,
  measure: (archives: T) => Promise<Measured>,
): Promise<Measured> {
  try {
    for (const archive of archives) await archive.start();
    return await measure(archives);
  } finally {
    await Promise.all(archives.map((archive) => archive.stop()));
  }
}

/** Ours in a folder of its own, stopped. */
async function filledOurs({ folder, say }: CatalogOptions, instances: number): Promise<Filled & { archive: Archive }> {
  const archive = openOurs(path.join(folder, `ours-${instances}`));
  // Its keys and its chain have to be there, which its start makes.
  const filled = await filledOnce(archive, async () => {
    await archive.stop();
    await fillCatalog(archive.folder, { from: 0, to: instances });
    return instances;
  });
  say(`Ours was filled with ${instances} instances in ${Math.round(filled.seconds)} s.`);
  return { archive, ...filled };
}

interface Filled {
  instances: number;
  seconds: number;
}

/** Fills a started archive, which is stopped afterwards, unless its folder says that it is full. */
async function filledOnce(archive: Archive, fill: () => Promise<number>): Promise<Filled> {
  const note = path.join(archive.folder, 'filled.json');
  if (existsSync(note)) return JSON.parse(readFileSync(note, 'utf8')) as Filled;
  rmSync(archive.folder, { recursive: true, force: true });
  try {
    await archive.start();
    const begun = performance.now();
    const instances = await fill();
    const filled = { instances, seconds: (performance.now() - begun) / 1000 };
    await archive.stop();
    writeFileSync(note, JSON.stringify(filled));
    return filled;
  } finally {
    await archive.stop();
  }
}

/** How many it has after its minutes. */
async function fillOrthanc(archive: Archive, { instances, fillMinutes }: Sizes): Promise<number> {
  const dispatcher = new Agent({ connections: FILL.lanes });
  const end = performance.now() + fillMinutes * 60_000;
  let filled = 0;
  while (filled < instances && performance.now() < end) {
    const count = Math.min(FILL.step, instances - filled);
    await inLanes(count, (i) => post(archive, part10Of(filled + i), dispatcher), FILL.lanes);
    filled += count;
  }
  await dispatcher.close();
  return filled;
}

async function post({ url }: Archive, body: Buffer, dispatcher: Agent): Promise<void> {
  const answer = await request(`${url}/instances`, { method: 'POST', body, dispatcher });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`Orthanc answered ${answer.statusCode} to POST /instances: ${text}`);
}
