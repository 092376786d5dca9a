import type { CatalogReader } from '../../catalog/catalog.js';
import type { Progress } from '../project/progress.js';
import type { AcceptanceEntry, Acceptances, Refusal } from './acceptances.js';

export interface AcceptanceStateDependencies {
  acceptances: Pick<Acceptances, 'read' | 'refusal'>;
  catalog: Pick<CatalogReader, 'instance'>;
  progress: Progress;
  finalDepth: number;
  /** Whether this very content is on its way to the chain. */
  isInFlight: (entry: AcceptanceEntry) => boolean;
  /** Whether the one who asks sees its study. */
  isSeen: (entry: AcceptanceEntry) => Promise<boolean>;
}

/**
 * How far an accepted instance has come: `accepted` = on this site's disk, `announced` = found at all sites, `sealed` = all bytes
 * in blocks, `final` = deep enough to stay, `refused` = not stored after all, `retired` = taken out of use later.
 */
export type InstanceProgress = { SOPInstanceUID: string } & (
  { state: 'accepted' | 'announced' | 'sealed' | 'final' | 'retired' } | ({ state: 'refused' } & Refusal)
);

export interface AcceptanceState {
  /** ISO 8601. */
  issuedAt: string;
  instances: InstanceProgress[];
}

/**
 * What became of the instances of an acceptance that are seen, in the order of its request; undefined for an unknown one, and for one
 * of which nothing is seen.
 */
export async function acceptanceState(
  dependencies: AcceptanceStateDependencies,
  id: string,
): Promise<AcceptanceState | undefined> {
  const acceptance = await dependencies.acceptances.read(id);
  if (!acceptance) return undefined;
  const instances: InstanceProgress[] = [];
  for (const entry of acceptance.instances)
    if (await dependencies.isSeen(entry)) instances.push(await instanceProgress(dependencies, entry));
  if (instances.length === 0) return undefined;
  return { issuedAt: acceptance.issuedAt, instances };
}

async function instanceProgress(
  { acceptances, catalog, progress, finalDepth, isInFlight }: AcceptanceStateDependencies,
  entry: AcceptanceEntry,
): Promise<InstanceProgress> {
  const { SOPInstanceUID } = entry;
  const refusal = await acceptances.refusal(entry);
  if (refusal) return { SOPInstanceUID, state: 'refused', ...refusal };
  const found = await catalog.instance(SOPInstanceUID);
  // Other bytes under its UID: whether they are the same object is being found out.
  if (!found || (found.sha256 !== entry.sha256 && isInFlight(entry))) return { SOPInstanceUID, state: 'accepted' };
  if (found.state !== 'sealed') return { SOPInstanceUID, state: found.state };
  const { sealedBlock } = found;
  const { head } = progress;
  const isFinal = sealedBlock !== undefined && head && head.number >= sealedBlock + BigInt(finalDepth) - 1n;
  return { SOPInstanceUID, state: isFinal ? 'final' : 'sealed' };
}
