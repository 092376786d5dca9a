import { isDeepStrictEqual } from 'node:util';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Catalog } from '../../../src/catalog/catalog.js';
import type { HeaderReader } from '../../../src/dicom/metadata/open-header-reader.js';
import { requireThat } from '../find.js';
import { firstDifference } from './first-difference.js';
import { pseudonyms } from './header-pool.js';
import { type History, OWN_SITE, type Step } from './history.js';
import { type HistorySite, openHistorySite } from './history-site.js';
import { seenCatalog } from './seen-catalog.js';
import { createSimulatedChain, type SimulatedChain } from './simulated-chain.js';

/**
 * Lets a site live through a history, and looks whether its own announcements are always in, whether everything that is shown has the
 * image key of its UID, and whether the catalogue ends as one that is built anew from the blocks that stayed.
 */
export async function playHistory({ headers }: { headers: HeaderReader }, history: History): Promise<void> {
  const { announcements } = history;
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-fuzz-'));
  const annotationsFile = path.join(folder, 'annotations');
  const chain = createSimulatedChain(announcements);
  const open = (name: string): HistorySite =>
    openHistorySite({ chain, headers }, { file: path.join(folder, name), annotationsFile });
  let site = open('lived');
  try {
    for (const step of history.steps) {
      if (step.kind === 'blocks') chain.extend(step);
      else if (step.kind === 'restart' || step.kind === 'die') {
        if (step.kind === 'die') await beginOne(site.catalog, step.pick);
        await site.close();
        site = open('lived');
      } else if (step.kind === 'settle') await site.settled();
      else await decide(site.catalog, step);
      if (step.kind !== 'blocks') continue;
      await site.caughtUp();
      requireOwn(site.catalog, chain, decided(history));
    }
    chain.mend();
    await site.settled();
    // What is being read of an announcement that was undone meanwhile still labels its study: annotations are not undone.
    await site.close();
    site = open('lived');
    await site.settled();
    await requireKeys(site.catalog);
    const lived = await seenCatalog(site.catalog, announcements);
    await site.close();
    site = open('built');
    await site.settled();
    const built = await seenCatalog(site.catalog, announcements);
    const difference = isDeepStrictEqual(lived, built) ? undefined : firstDifference(lived, built);
    requireThat(difference === undefined, `The catalogue differs from its rebuild: ${difference}`);
  } finally {
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes down that a content was begun, and not that it has ended. */
async function beginOne(catalog: Catalog, pick: number): Promise<void> {
  const [waiting, unverified] = await Promise.all([
    catalog.waiting({ perSite: 4 }),
    catalog.unverified({ perSite: 4 }),
  ]);
  const contents = [...waiting, ...unverified];
  const one = contents[pick % contents.length];
  if (one) await catalog.begin(one.contentKey);
}

type Decision = Extract<Step, { kind: 'judge' | 'decide' | 'decide-retirements' }>;

/** What a verification or an admin says, of what there is to say something of. */
async function decide(catalog: Catalog, step: Decision): Promise<void> {
  const by = 'fuzz';
  if (step.kind === 'judge') {
    const instances = await catalog.unverified({ perSite: 4 });
    const { reason } = step;
    const one = instances[step.pick % instances.length];
    if (one) await catalog.judge(one.contentKey, reason && { reason, detail: 'Fuzz.' });
  } else if (step.kind === 'decide') {
    const images = await catalog.quarantined({ limit: 8 });
    const one = images[step.pick % images.length];
    if (one) await catalog.decide(one.contentKey, { kind: step.decision, by });
  } else {
    const hours = await catalog.massRetirements();
    const one = hours[step.pick % hours.length];
    if (one) await catalog.decideRetirements(one, { kind: step.decision, by });
  }
}

/** Whether something right may be hidden for what has happened here. */
const decided = ({ steps }: History): boolean => steps.some(({ kind }) => kind === 'decide' || kind === 'die');

/** What this site has announced, and could be read, is there with its block. */
function requireOwn({ projection }: Catalog, chain: SimulatedChain, mayBeHidden: boolean): void {
  if (mayBeHidden) return;
  for (const { state, announcement } of chain.head.images.values()) {
    const { siteId, isRight, failures, imageId } = announcement;
    if (siteId !== OWN_SITE || !isRight || failures > 0 || state === 'retired') continue;
    requireThat(projection.image(imageId) !== undefined, `The own announcement of ${imageId} is not in its block.`);
  }
}

async function requireKeys(catalog: Catalog): Promise<void> {
  const reader = catalog.seenBy('everything');
  const { matches } = await reader.search({
    level: 'instance',
    match: [],
    include: [],
    fuzzy: false,
    limit: 1000,
    offset: 0,
  });
  for (const match of matches) {
    const uid = String(match['00080018']?.Value?.[0]);
    const instance = await reader.instance(uid);
    requireThat(instance !== undefined, `${uid} is found, and is not there.`);
    requireThat(
      instance.imageId === pseudonyms.imageKey(uid),
      `${uid} is shown under the image key of another instance.`,
    );
  }
}
