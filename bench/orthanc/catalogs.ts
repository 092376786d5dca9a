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
import type { Archive, Archives } from './servers/archive.js';
import type { FoundOrthanc } from './servers/find-orthanc.js';
import { openOrthanc } from './servers/open-orthanc.js';
import { openOurs } from './servers/open-ours.js';
import type { Sizes } from './sizes.js';

/** Instances that Orthanc is given between looks at the clock, and posts at a time. */
const FILL = { step: 1_000, lanes: 2 };

export interface CatalogOptions extends MeasureOptions {
  folder: string;
  lane: Lane;
  orthanc: FoundOrthanc;
  sizes: Sizes;
}

/** Searches of large catalogues in servers of their own, at equal numbers; ours alone beyond what Orthanc could be given in its minutes. */
export async function measureCatalogs(options: CatalogOptions): Promise<Measured & Pick<OrthancRun, 'catalog'>> {
  const { folder, lane, orthanc, sizes, say } = options;
  const archives: Archives = [
    openOurs(path.join(folder, 'ours-catalog')),
    openOrthanc(path.join(folder, 'orthanc-catalog'), orthanc),
  ];
  const [ours, theirs] = archives;
  const worksOf = (instances: number): Work[] => {
    const tools = { lane, archives, seconds: sizes.seconds };
    const start = startWork(archives, `start, ${instances.toLocaleString('en')} instances`);
    return [...largeSearchWorks(tools, instances), start].filter(isWantedWork(options));
  };
  if (worksOf(sizes.instances).length === 0) return { rows: [], faults: [] };
  const fillSeconds = { ours: 0, Orthanc: 0 };
  try {
    await theirs.start();
    const begun = performance.now();
    const instances = await fillOrthanc(theirs, sizes);
    fillSeconds.Orthanc = (performance.now() - begun) / 1000;
    say(`Orthanc has ${instances} instances after ${Math.round(fillSeconds.Orthanc)} s.`);
    // Its keys and its chain have to be there.
    await ours.start();
    await ours.stop();
    fillSeconds.ours = await secondsOf(() => fillCatalog(ours.folder, { from: 0, to: instances }));
    say(`Ours was filled in ${Math.round(fillSeconds.ours)} s.`);
    await ours.start();
    const measured = await measureWorks(worksOf(instances), options);
    if (instances >= sizes.instances) return { ...measured, catalog: { instances, fillSeconds } };
    const alone = await measureAlone(options, { ours, from: instances });
    return {
      rows: [...measured.rows, ...alone.rows],
      faults: [...measured.faults, ...alone.faults],
      catalog: { instances, oursAlone: sizes.instances, fillSeconds },
    };
  } finally {
    await Promise.all(archives.map((archive) => archive.stop()));
  }
}

/** The same searches with ours at its full size. */
async function measureAlone(
  options: CatalogOptions,
  { ours, from }: { ours: Archive; from: number },
): Promise<Measured> {
  const { lane, sizes } = options;
  await ours.stop();
  await fillCatalog(ours.folder, { from, to: sizes.instances });
  await ours.start();
  const tools = { lane, archives: [ours], seconds: sizes.seconds };
  return measureWorks(largeSearchWorks(tools, sizes.instances).filter(isWantedWork(options)), options);
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

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}
