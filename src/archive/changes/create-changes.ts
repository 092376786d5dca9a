import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CatalogReader } from '../../catalog/catalog.js';
import type { CatalogChange, ChangeRange } from '../../catalog/change-feed.js';
import type { SealLookup } from '../commitment/seal-lookup.js';
import type { Progress } from '../project/progress.js';

/** A change, with what of its instance the chain and the catalogue have. */
export interface ArchiveChange extends CatalogChange {
  /** Of the seal; undefined for a deletion, and while no node tells. */
  transactionHash: string | undefined;
  /** JSON text, with BulkDataURIs that begin with `studies/`; undefined for what is gone, and where it was not asked for. */
  metadata: string | undefined;
}

/** Some changes, one page. */
export interface ChangePage extends ChangeRange {
  /** How many of the range are left out first. */
  skip?: number;
  limit: number;
  withMetadata: boolean;
}

/** What has become of instances at this site, in the order in which it took that in. */
export interface ArchiveChanges {
  changes(page: ChangePage): Promise<ArchiveChange[]>;
  /** Resolves when something may have changed after this call, or the signal aborts. */
  untilChanged(signal: AbortSignal): Promise<void>;
}

export function createChanges({
  catalog,
  progress,
  seals,
}: {
  catalog: Pick<CatalogReader, 'changes' | 'metadata'>;
  progress: Pick<Progress, 'until' | 'changeCount'>;
  seals: SealLookup;
}): ArchiveChanges {
  const metadataOf = async ({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }: CatalogChange) => {
    for await (const text of catalog.metadata({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID })) return text;
    return undefined;
  };
  return {
    changes: async ({ skip = 0, limit, withMetadata, ...range }) => {
      const found: CatalogChange[] = [];
      let left = skip;
      for await (const batch of catalog.changes(range)) {
        const kept = batch.slice(left, left + limit - found.length);
        left = Math.max(0, left - batch.length);
        found.push(...kept);
        if (found.length === limit) break;
        await nextTurn();
      }
      const created = found.filter(({ action }) => action === 'create');
      const sealed = await seals(created.flatMap(({ block }) => block ?? []));
      return Promise.all(
        found.map(async (change) => ({
          ...change,
          transactionHash: change.action === 'create' ? sealed.get(change.imageId)?.transactionHash : undefined,
          metadata: withMetadata && change.state !== 'deleted' ? await metadataOf(change) : undefined,
        })),
      );
    },
    untilChanged: async (signal) => {
      const count = progress.changeCount;
      await progress.until(() => progress.changeCount > count || undefined, signal).catch(() => undefined);
    },
  };
}
