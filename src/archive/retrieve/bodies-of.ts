import type { CatalogReader } from '../../catalog/catalog.js';
import type { FoundInstance } from '../archive.js';
import { bodyOfTexts } from '../body-text.js';
import type { ContentBodies, HeaderCache } from './header-cache.js';
import { takenBack } from './taken-back.js';

/** By what a found instance is read: its header and its body on the chain. Rejects with `unavailable` when a reorganisation has taken it back. */
export type BodiesOf = (instance: FoundInstance) => Promise<ContentBodies>;

export function createBodiesOf({
  catalog,
  headers,
}: {
  catalog: Pick<CatalogReader, 'bodies'>;
  headers: HeaderCache;
}): BodiesOf {
  return async ({ id, SOPInstanceUID, contentKey, state }) => {
    const known = state === 'sealed' ? headers.bodies(contentKey) : undefined;
    if (known) return known;
    const bodies = await catalog.bodies(id);
    if (bodies?.contentKey !== contentKey) throw takenBack(SOPInstanceUID);
    const found = { header: bodies.header, body: bodyOfTexts(bodies) };
    if (state === 'sealed' && bodies.pages !== undefined) headers.keep(contentKey, found);
    return found;
  };
}
