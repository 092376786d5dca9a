import type { Catalog } from '../catalog.js';
import type { Reading } from '../change.js';
import { announced, type Sample } from './records.js';

type Late = Exclude<Reading, { kind: 'waiting' }>;

/** A sample of another site. */
export const foreign = (of: string, rest: Partial<Sample> = {}): Sample => ({
  name: of,
  ...rest,
  image: { siteId: 2 },
});

/** What reading a sample gives. */
export const readingOf = (sample: Sample): Late => announced(sample).reading as Late;
export const wrong = (reason: (Reading & { kind: 'quarantined' })['reason']): Late => ({
  kind: 'quarantined',
  reason,
  detail: `because of ${reason}`,
});

/** Reads all that waits, oldest first; what `of` gives nothing for waits on. */
export async function readAll(
  catalog: Catalog,
  of: (row: { imageId: string; siteId: number; isReleased: boolean }) => Late | undefined,
): Promise<void> {
  for (const row of await catalog.waiting({ perSite: 1000 })) {
    const reading = of(row);
    if (reading) await catalog.read([{ ...row, reading }]);
  }
}
